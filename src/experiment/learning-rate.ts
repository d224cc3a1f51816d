import { type Static, Type } from '@sinclair/typebox';
import type { ParameterProblem } from '../stage/definition.js';

const Rate = Type.Number({ minimum: 0, maximum: 10 });

const StepSchema = Type.Object(
  {
    after: Type.Integer({ minimum: 1, description: 'The change comes after this many epochs of this training.' }),
    learningRate: Type.Optional(Rate),
    factor: Type.Optional(Type.Number({ minimum: 0, description: 'Instead of a rate: a multiple of `learningRate`.' })),
  },
  { additionalProperties: false },
);

/** `schedule:` of a training. */
export const ScheduleSchema = Type.Union(
  [
    Type.Literal('constant'),
    Type.Literal('cosine'),
    Type.Object(
      {
        warmUp: Type.Optional(
          Type.Integer({
            minimum: 1,
            description: 'Number of first epochs in which the rate rises linearly, step by step, to `learningRate`.',
          }),
        ),
        steps: Type.Optional(
          Type.Array(StepSchema, { minItems: 1, description: 'Changes of the rate, in the order of their epochs.' }),
        ),
        cosine: Type.Optional(
          Type.Object(
            { to: Type.Optional(Rate) },
            {
              additionalProperties: false,
              description: 'Half a cosine wave from `learningRate` down to `to`, or to 0.',
            },
          ),
        ),
      },
      { additionalProperties: false },
    ),
  ],
  {
    title: 'constant, cosine, or a map of warmUp, and steps or cosine',
    description:
      'How the learning rate changes over the epochs of this training: `constant`, as in the paper; `cosine`, half a wave ' +
      'from `learningRate` down to 0, step by step; or a map, such as `{ steps: [{ after: 200, learningRate: 1e-4 }] }`, ' +
      '`{ warmUp: 5, cosine: { to: 1e-5 } }`. A resumed training begins a schedule of its own.',
  },
);
export type Schedule = Static<typeof ScheduleSchema>;

/** What a learning rate depends on. */
export interface RateOptions {
  readonly learningRate: number;
  /** Constant if left out. */
  readonly schedule?: Schedule | undefined;
  readonly epochs: number;
}

/** What is wrong with a schedule for so many epochs, as `check` of a stage gives it. */
export function scheduleProblems({ schedule, epochs }: Pick<RateOptions, 'schedule' | 'epochs'>): ParameterProblem[] {
  if (schedule === undefined || typeof schedule === 'string') return [];
  const { warmUp = 0, steps = [], cosine } = schedule;
  const problem = (message: string, ...path: (string | number)[]): ParameterProblem[] => [
    { parameter: 'schedule', path, message },
  ];
  if (steps.length > 0 && cosine !== undefined)
    return problem('give either `steps` or `cosine`: both say how the rate changes', 'cosine');
  if (warmUp > epochs)
    return problem(`a warm-up of ${warmUp} epochs is longer than the ${epochs} of the training`, 'warmUp');
  let before = Math.max(warmUp, 1) - 1;
  for (const [index, { after, learningRate, factor }] of steps.entries()) {
    const at = ['steps', index] as const;
    if ((learningRate === undefined) === (factor === undefined))
      return problem('a step says either `learningRate` or `factor`', ...at);
    if (after >= epochs) return problem(`a training of ${epochs} epochs has nothing after ${after}`, ...at, 'after');
    if (after <= before)
      return problem(
        index === 0 ? `after ${after} epochs the warm-up is not over` : 'steps must be in the order of their epochs',
        ...[...at, 'after'],
      );
    before = after;
  }
  return [];
}

/**
 * The learning rate of each step of a training, counted from 0: a function of that number alone, so that a training goes on
 * after any epoch as if nothing had been.
 *
 * @param stepsPerEpoch steps of one epoch
 */
export function learningRates(options: RateOptions, stepsPerEpoch: number): (step: number) => number {
  const { learningRate, schedule = 'constant', epochs } = options;
  const { warmUp = 0, steps = [], cosine } = typeof schedule === 'string' ? named[schedule] : schedule;
  const warm = warmUp * stepsPerEpoch;
  const rest = epochs * stepsPerEpoch - warm;
  const changes = steps.map(({ after, learningRate: rate, factor = 1 }) => ({
    step: after * stepsPerEpoch,
    rate: rate ?? learningRate * factor,
  }));
  return (step) => {
    if (step < warm) return (learningRate * (step + 1)) / warm;
    if (cosine === undefined) return changes.findLast((change) => change.step <= step)?.rate ?? learningRate;
    const { to = 0 } = cosine;
    return to + (learningRate - to) * halfWave((step - warm) / rest);
  };
}

const named: Readonly<Record<Extract<Schedule, string>, Exclude<Schedule, string>>> = {
  constant: {},
  cosine: { cosine: {} },
};

/**
 * (1 + cos πx)/2 for 0 ≤ x ≤ 1, from +, · and / alone, because Math.cos may differ between builds in the last bit: the square
 * of cos πx/2, by its Taylor series; within 1e-15.
 */
function halfWave(x: number): number {
  const angle = (Math.PI / 2) * x;
  const square = angle * angle;
  let sum = 1;
  for (let i = 24; i >= 2; i -= 2) sum = 1 - (square / (i * (i - 1))) * sum;
  return sum * sum;
}
