// What stages are told of how to train beyond the paper, and what is wrong with it.
import { type Static, Type } from '@sinclair/typebox';
import { type Augmentation, paperAugmentation } from '../data/augment.js';
import { type Optimiser, optimiserKinds } from '../network/optimiser.js';
import type { ParameterProblem } from '../stage/definition.js';
import { ScheduleSchema, scheduleProblems } from './learning-rate.js';

/** A number on either side of the middle, or two numbers. */
const RangeSchema = (either: object, each: object, options: { readonly title: string; readonly description: string }) =>
  Type.Optional(
    Type.Union(
      [Type.Number({ minimum: 0, ...either }), Type.Array(Type.Number(each), { minItems: 2, maxItems: 2 })],
      options,
    ),
  );

export const optimiserParameters = {
  optimizer: Type.Union(
    optimiserKinds.map((kind) => Type.Literal(kind)),
    {
      default: 'adam',
      description: 'The optimiser: adam as in the paper, adamw (its weight decay apart from the gradient), or sgd.',
    },
  ),
  momentum: Type.Optional(
    Type.Number({
      minimum: 0,
      exclusiveMaximum: 1,
      description: 'For sgd: 0.9 if left out; 0 is plain gradient descent.',
    }),
  ),
  nesterov: Type.Optional(Type.Boolean({ description: 'For sgd: Nesterov’s momentum.' })),
  weightDecay: Type.Number({
    minimum: 0,
    maximum: 10,
    default: 0,
    description:
      'Pulls all trained values towards 0, those of batch norm too: adam and sgd add it to the gradient (L2), adamw takes ' +
      'learning rate × it off the values. As PyTorch’s optimisers of these names.',
  }),
  schedule: Type.Optional(ScheduleSchema),
};

export const validationParameters = {
  validation: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'This many images at the end of the training split are not trained on, but tested after each epoch.',
    }),
  ),
  keep: Type.Union([Type.Literal('last'), Type.Literal('best')], {
    default: 'last',
    description:
      'The epoch that the checkpoint is of: the last one, or the best one on the images of `validation` (the first of equals).',
  }),
  patience: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'The training ends after this many epochs without a better one on the images of `validation`.',
    }),
  ),
};

const AugmentSchema = Type.Union(
  [
    Type.Literal('none'),
    Type.Literal('paper'),
    Type.Object(
      {
        randomCrop: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 1024,
            description:
              'Cut at random, after this many black rows and columns are added on each side; the middle if left out.',
          }),
        ),
        flip: Type.Optional(Type.Boolean({ description: 'Mirrors half of the images left to right.' })),
        brightness: RangeSchema(
          { maximum: 255 },
          { minimum: -255, maximum: 255 },
          {
            title: 'a number, or two such as [-63, 63]',
            description: 'Range of a random number that is added to all pixels (0 to 255): 63 is [-63, 63].',
          },
        ),
        contrast: RangeSchema(
          { maximum: 1 },
          { minimum: 0, maximum: 100 },
          {
            title: 'a number, or two such as [0.2, 1.8]',
            description:
              'Range of a random factor for the distances of pixels from the mean of their channel: 0.2 is [0.8, 1.2].',
          },
        ),
      },
      { additionalProperties: false },
    ),
  ],
  {
    title: 'none, paper, or a map of randomCrop, flip, brightness and contrast',
    description:
      'Random changes to training images, drawn each time: only what the map names, such as ' +
      '`{ randomCrop: 4, flip: true, contrast: [0.8, 1.2] }`. Left out, crops are augmented as in the paper, ' +
      '`{ randomCrop: 0, flip: true, brightness: 63, contrast: [0.2, 1.8] }`, and whole images are not.',
  },
);

export const imageParameters = {
  augment: Type.Optional(AugmentSchema),
};

/** Also of stages that take networks which were trained elsewhere. */
export const normaliseParameter = {
  normalise: Type.Optional(
    Type.Object(
      {
        mean: Type.Array(Type.Number(), { minItems: 1 }),
        std: Type.Array(Type.Number({ exclusiveMinimum: 0 }), { minItems: 1 }),
      },
      {
        additionalProperties: false,
        description:
          'Mean and standard deviation of each channel, in units of pixel / scale: inputs are (pixel / scale − mean) / std, ' +
          'in training, in tests and in the spiking network. Crops are then not standardised one by one.',
      },
    ),
  ),
};

type Given = Static<
  ReturnType<typeof Type.Object<typeof optimiserParameters & typeof validationParameters & typeof imageParameters>>
> & { readonly heldOut: number; readonly epochs: number };

/** Rules between these parameters. */
export function trainingProblems(given: Given): ParameterProblem[] {
  const { optimizer, momentum, nesterov, validation, keep, patience, heldOut, augment } = given;
  const problems: ParameterProblem[] = [...scheduleProblems(given)];
  const add = (parameter: string, message: string, hint?: string) =>
    problems.push({ parameter, message, ...(hint === undefined ? {} : { hint }) });
  if (optimizer !== 'sgd')
    for (const [name, value] of Object.entries({ momentum, nesterov }))
      if (value !== undefined) add(name, `\`${name}\` belongs to \`optimizer: sgd\``);
  if (nesterov === true && momentum === 0) add('nesterov', 'Nesterov’s momentum needs a `momentum` above 0');
  if (validation !== undefined && heldOut > 0)
    add('validation', 'give either `heldOut` or `validation`: the images of `validation` are not trained on either');
  if (validation === undefined) {
    const hint = 'add for example `validation: 1000`, so many images of the training split';
    if (keep === 'best') add('keep', 'there is no best epoch without images to find it on', hint);
    if (patience !== undefined) add('patience', 'no epoch is better than another without images to test it on', hint);
  }
  if (typeof augment === 'object')
    for (const name of ['brightness', 'contrast'] as const) {
      const range = augment[name];
      if (Array.isArray(range) && range[0]! > range[1]!)
        problems.push({ parameter: 'augment', path: [name], message: 'the smaller number comes first' });
    }
  return problems;
}

/** The optimiser that is meant. */
export function readOptimiser(given: Pick<Given, 'optimizer' | 'momentum' | 'nesterov' | 'weightDecay'>): Optimiser {
  const { optimizer: kind, weightDecay, momentum = 0.9, nesterov = false } = given;
  return kind === 'sgd' ? { kind, weightDecay, momentum, nesterov } : { kind, weightDecay };
}

/** The augmentation that is meant; undefined if none is said. */
export function readAugmentation(said: Given['augment']): Augmentation | undefined {
  if (said === undefined || said === 'none') return said === undefined ? undefined : {};
  if (said === 'paper') return paperAugmentation;
  const { brightness, contrast, ...rest } = said;
  return {
    ...rest,
    ...(brightness === undefined ? {} : { brightness: rangeAround(0, brightness) }),
    ...(contrast === undefined ? {} : { contrast: rangeAround(1, contrast) }),
  };
}

const rangeAround = (middle: number, said: number | number[]): readonly [number, number] =>
  typeof said === 'number' ? [middle - said, middle + said] : [said[0]!, said[1]!];
