import { resolve } from 'node:path';
import { Type } from '@sinclair/typebox';
import { type KnownName, knownDatasets } from '../src/data/known.js';
import { isEmbedded } from '../src/data/sources.js';
import { defineStage } from '../src/stage/definition.js';
import { filePath } from '../src/stage/file-path.js';

const half = (which: string) =>
  Type.Optional(
    Type.Object(
      {
        images: filePath({ description: 'IDX or npy file of pixels from 0 to 255.' }),
        labels: filePath({ description: 'IDX or npy file of classes, counted from 0.' }),
      },
      {
        additionalProperties: false,
        description: `For custom: files of the ${which} half, relative to the file that says it.`,
      },
    ),
  );

const names = [...(Object.keys(knownDatasets) as KnownName[]), 'custom'] as const;

const minutes = (seconds: number) => `${Math.max(1, Math.round(seconds / 60))} min`;

export default defineStage({
  name: 'dataset',
  summary: 'Gets a data set: embedded, from a local folder, or downloaded with its checksums checked',
  parameters: Type.Object(
    {
      name: Type.Union(
        names.map((name) => Type.Literal(name)),
        { description: 'Which data set. Those called fashion-as-… are small stand-ins, not CIFAR.' },
      ),
      source: Type.Optional(
        filePath({
          description:
            'Folder or file that holds the data set in any form that is known; relative to the file that says it.',
        }),
      ),
      scale: Type.Union([Type.Literal(255), Type.Literal(256)], {
        default: 256,
        description: 'What pixels are divided by.',
      }),
      subset: Type.Optional(
        Type.Object(
          { train: Type.Optional(Type.Integer({ minimum: 1 })), test: Type.Optional(Type.Integer({ minimum: 1 })) },
          { additionalProperties: false, description: 'Only so many images of each half, balanced over the classes.' },
        ),
      ),
      train: half('training'),
      test: half('test'),
      shape: Type.Optional(
        Type.Array(Type.Integer({ minimum: 1 }), {
          minItems: 3,
          maxItems: 3,
          description: 'For custom: height, width, channels.',
        }),
      ),
      classNames: Type.Optional(
        Type.Array(Type.String(), { minItems: 2, maxItems: 256, description: 'For custom: names of the classes.' }),
      ),
    },
    { additionalProperties: false },
  ),
  inputs: {},
  outputs: { dataset: { description: 'Images and labels as npy files, and dataset.json.', path: 'dataset' } },
  check({ name, train, test, shape, classNames, source }) {
    const own = { train, test, shape, classNames };
    if (name === 'custom') {
      const missing = (['train', 'test'] as const).find((which) => own[which] === undefined);
      return missing === undefined
        ? []
        : [{ parameter: 'name', message: `a custom data set needs \`${missing}: { images, labels }\`` }];
    }
    const surplus = (Object.keys(own) as (keyof typeof own)[]).find((key) => own[key] !== undefined);
    if (surplus !== undefined) return [{ parameter: surplus, message: `\`${surplus}\` belongs to \`name: custom\`` }];
    return isEmbedded(name) && source !== undefined
      ? [{ parameter: 'source', message: `${name} is embedded: it has no other source` }]
      : [];
  },
  // What others publish is pinned by its checksums, whatever it is read from; the user's own files enter the key.
  keyless: ['source'],
  files: ({ name, train, test }) =>
    name === 'custom' ? [train, test].flatMap((paths) => (paths ? [paths.images, paths.labels] : [])) : [],
  async run(context) {
    const { acquire, subset } = await import('../src/data/acquire.js');
    const { readCustom } = await import('../src/data/custom.js');
    const { writeDataset } = await import('../src/data/dataset.js');
    const { parameters, pipelineFolder: folder, signal } = context;
    const { name, source, scale, train, test, shape, classNames } = parameters;
    const progress = (done: number, total: number, left?: number) =>
      context.progress({
        ...{ done, total, unit: 'bytes', phase: 'download' },
        ...(left === undefined ? {} : { values: { left: minutes(left) } }),
      });
    const log = (line: string) => context.log(line);
    const readOwn = async () => {
      const own = await readCustom({
        train: train!,
        test: test!,
        ...(shape === undefined ? {} : { shape: shape as [number, number, number] }),
        ...(classNames === undefined ? {} : { classNames }),
        scale,
        folder,
      });
      for (const warning of own.warnings) context.warn(warning);
      return own.dataset;
    };
    const whole =
      name === 'custom'
        ? await readOwn()
        : await acquire(name, {
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
    log(`${dataset.name}: ${dataset.source}`);
    return {
      trainImages: dataset.train.count,
      testImages: dataset.test.count,
      classes: dataset.classes,
      shape: [...dataset.shape],
      source: dataset.source,
    };
  },
});
