import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Type } from '@sinclair/typebox';
import { type KnownName, knownDatasets } from '../src/data/known.js';
import { isEmbedded } from '../src/data/sources.js';
import {
  isOwn,
  ownName,
  ownProblems,
  splitFiles,
  TestSplitSchema,
  TrainSplitSchema,
} from '../src/experiment/own-data.js';
import type { StageCost } from '../src/stage/cost.js';
import { defineStage } from '../src/stage/definition.js';
import { filePath } from '../src/stage/file-path.js';

export const cost: StageCost = { apart: ['name'] };

const names = Object.keys(knownDatasets) as KnownName[];

export default defineStage({
  name: 'dataset',
  summary: 'Gets a data set: embedded, from a local folder, or downloaded with its checksums checked',
  parameters: Type.Object(
    {
      name: Type.Union(
        [
          ...names.map((name) => Type.Literal(name)),
          Type.String({ pattern: '^\\S[^\\t\\r\\n]{0,59}$', title: 'a name of up to 60 characters' }),
        ],
        {
          title: 'the name of a data set',
          description:
            'Which data set. Those called fashion-as-… are small stand-ins, not CIFAR. Data of your own, which `train` ' +
            'and `test` say, have any other name.',
        },
      ),
      source: Type.Optional(
        filePath({
          description: 'Folder or file that holds the data set in any known form; relative to the file that says it.',
        }),
      ),
      scale: Type.Union([Type.Literal(255), Type.Literal(256)], {
        default: 256,
        description: 'What pixels are divided by.',
      }),
      subset: Type.Optional(
        Type.Object(
          { train: Type.Optional(Type.Integer({ minimum: 1 })), test: Type.Optional(Type.Integer({ minimum: 1 })) },
          {
            additionalProperties: false,
            description: 'Only this many images of each split, balanced over the classes.',
          },
        ),
      ),
      train: Type.Optional(TrainSplitSchema),
      test: Type.Optional(TestSplitSchema),
      shape: Type.Optional(
        Type.Array(Type.Integer({ minimum: 1 }), {
          minItems: 3,
          maxItems: 3,
          description: 'For data of your own: height, width, channels. Default: what their files say.',
        }),
      ),
      classNames: Type.Optional(
        Type.Array(Type.String(), {
          minItems: 2,
          maxItems: 256,
          description: 'For data of your own: names of the classes. Default: those of the folders, if they are any.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  inputs: {},
  outputs: {
    dataset: { description: 'Images and labels as npy files, and dataset.json.', path: 'dataset', kind: 'dataset' },
    samples: {
      description: 'A picture of five training images of each class, one row per class.',
      path: 'samples.png',
    },
  },
  check({ name, train, test, shape, classNames, source }) {
    const problems = ownProblems(name, { train, test, shape, classNames });
    if (problems.length > 0 || source === undefined) return problems;
    if (isOwn(name)) return [{ parameter: 'source', message: '`train` and `test` say where data of your own are' }];
    return isEmbedded(name) ? [{ parameter: 'source', message: `${name} is embedded: it has no other source` }] : [];
  },
  // What others publish is pinned by its checksums, whatever it is read from; the user's own files enter the key.
  keyless: ['source'],
  files: ({ train, test }) => [train, test].flatMap((split) => (split === undefined ? [] : splitFiles(split))),
  async run(context) {
    const { acquire, subset } = await import('../src/data/acquire.js');
    const { contactSheet } = await import('../src/data/contact-sheet.js');
    const { readCustom } = await import('../src/data/custom.js');
    const { writeDataset } = await import('../src/data/dataset.js');
    const { datasetNumbers } = await import('../src/data/numbers.js');
    const { parameters, pipelineFolder: folder, signal } = context;
    const { name, source, scale, train, test, shape, classNames } = parameters;
    const progress = (done: number, total: number, left?: number) =>
      context.progress({
        ...{ done, total, unit: 'bytes', phase: 'download' },
        ...(left === undefined ? {} : { secondsLeft: left }),
      });
    const log = (line: string) => context.log(line);
    const warnings: string[] = [];
    const readOwn = async () => {
      const own = await readCustom({
        name: ownName(name, train!),
        train: train!,
        test: test!,
        ...(shape === undefined ? {} : { shape: shape as [number, number, number] }),
        ...(classNames === undefined ? {} : { classNames }),
        scale,
        folder,
      });
      for (const warning of own.warnings) context.warn(warning);
      warnings.push(...own.warnings);
      return own.dataset;
    };
    const whole = isOwn(name)
      ? await readOwn()
      : await acquire(name as KnownName, {
          scale,
          signal,
          progress,
          log,
          project: folder,
          ...(source === undefined ? {} : { source: resolve(folder, source) }),
        });
    const dataset = {
      ...whole,
      train: subset(whole.train, parameters.subset?.train ?? whole.train.count, whole.classes),
      test: subset(whole.test, parameters.subset?.test ?? whole.test.count, whole.classes),
    };
    await writeDataset(context.outputs.dataset, dataset);
    await writeFile(context.outputs.samples, contactSheet(dataset));
    log(`${dataset.name}: ${dataset.source}`);
    return {
      trainImages: dataset.train.count,
      testImages: dataset.test.count,
      classes: dataset.classes,
      shape: [...dataset.shape],
      source: dataset.source,
      ...datasetNumbers(dataset),
      // Told again where this is cached.
      ...(warnings.length === 0 ? {} : { warnings }),
    };
  },
});
