// What `dataset` is told of a data set of the user's: checked where a pipeline is, so that it needs no reader.
import { Type } from '@sinclair/typebox';
import type { CustomSplit } from '../data/custom.js';
import { knownDatasets } from '../data/known.js';
import { suggestion } from '../schema/suggest.js';
import type { ParameterProblem } from '../stage/definition.js';
import { filePath } from '../stage/file-path.js';

const closed = { additionalProperties: false };

const sources = {
  images: Type.Optional(filePath({ description: 'npy or IDX file of pixels from 0 to 255.' })),
  labels: Type.Optional(
    filePath({
      description:
        'npy, IDX or CSV file of classes, counted from 0. With `folder`: a CSV of file names and classes, if there are no ' +
        'subfolders for the classes.',
    }),
  ),
  npz: Type.Optional(filePath({ description: 'A NumPy archive, instead of two files.' })),
  x: Type.Optional(Type.String({ description: 'Its array of images. Default: x_train, or x_test.' })),
  y: Type.Optional(Type.String({ description: 'Its array of labels. Default: y_train, or y_test.' })),
  folder: Type.Optional(filePath({ description: 'Folder of PNG and JPEG files, with a subfolder for each class.' })),
};

/** Where the images and labels of a split are. */
export const TrainSplitSchema = Type.Object(sources, {
  ...closed,
  description: 'For data of your own: where the training split is, relative to the file that says it.',
});

export const TestSplitSchema = Type.Object(
  {
    ...sources,
    share: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        exclusiveMaximum: 1,
        description: 'Instead of files: the share of each class’s images that is taken from the training split.',
      }),
    ),
    seed: Type.Optional(Type.Integer({ minimum: 0, description: 'Seed by which `share` chooses them. Default: 0.' })),
  },
  {
    ...closed,
    description: 'For data of your own: where the test split is, or `{ share: 0.2 }` of the training split.',
  },
);

export interface OwnParameters {
  readonly train?: CustomSplit | undefined;
  readonly test?: CustomSplit | undefined;
  readonly shape?: readonly number[] | undefined;
  readonly classNames?: readonly string[] | undefined;
}

/** True for a data set of the user's own: any name that is not a known one. */
export const isOwn = (name: string): boolean => !Object.hasOwn(knownDatasets, name);

/** What is wrong with the name of a data set, and with what belongs to the user's own ones alone. */
export function ownProblems(name: string, own: OwnParameters): readonly ParameterProblem[] {
  if (!isOwn(name)) {
    const surplus = (Object.keys(own) as (keyof OwnParameters)[]).find((key) => own[key] !== undefined);
    if (surplus === undefined) return [];
    const hint = 'give it a name of its own, such as my-digits';
    return [{ parameter: surplus, message: `\`${surplus}\` belongs to data of your own, which ${name} is not`, hint }];
  }
  if (own.train === undefined && own.test === undefined && name !== 'custom') {
    const near = suggestion(name, Object.keys(knownDatasets));
    const hint = `${near === undefined ? '' : `${near} `}data of your own need \`train\` and \`test\`, each one of ${sourceForms}, such as ${exampleSplits}`;
    return [{ parameter: 'name', message: `There is no data set "${name}"`, hint }];
  }
  const missing = (['train', 'test'] as const).find((which) => own[which] === undefined);
  if (missing !== undefined) {
    const forms = missing === 'test' ? `${sourceForms}, or { share: 0.2 } of the training split` : sourceForms;
    return [{ parameter: 'name', message: `data of your own need \`${missing}\``, hint: forms }];
  }
  return [...splitProblems('train', own.train!), ...splitProblems('test', own.test!)];
}

const exampleSplits = 'train: { folder: photos, labels: photos.csv }, test: { share: 0.2 }';
const sourceForms = '{ images, labels }, { folder } or { npz }';

/** Of each form: what must be there, and what may be. */
const forms: readonly (readonly [needed: readonly (keyof CustomSplit)[], others: readonly (keyof CustomSplit)[]])[] = [
  [['folder'], ['labels']],
  [['npz'], ['x', 'y']],
  [['share'], ['seed']],
  [['images', 'labels'], []],
];

function splitProblems(parameter: 'train' | 'test', split: CustomSplit): readonly ParameterProblem[] {
  const given = (Object.keys(split) as (keyof CustomSplit)[]).filter((key) => split[key] !== undefined);
  const fits = forms.some(
    ([needed, others]) =>
      needed.every((key) => given.includes(key)) && given.every((key) => needed.includes(key) || others.includes(key)),
  );
  if (fits) return [];
  const hint = parameter === 'test' ? `${sourceForms}, or { share: 0.2 } of the training split` : sourceForms;
  return [{ parameter, message: `\`${parameter}\` must be one of these: ${hint}` }];
}

/** What a data set of the user's is called: those that are just called `custom` by where they are, so that two differ. */
export function ownName(name: string, { folder, npz, images }: CustomSplit): string {
  return name === 'custom' ? `custom (${folder ?? npz ?? images ?? ''})` : name;
}

/** The files and folders that a split is read from. */
export const splitFiles = ({ images, labels, npz, folder }: CustomSplit): readonly string[] =>
  [images, labels, npz, folder].filter((path) => path !== undefined);
