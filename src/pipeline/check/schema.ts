import { type ObjectOptions, type Static, type TSchema, Type } from '@sinclair/typebox';
import { memoryPattern, timePattern } from '../../schema/units.js';
import { CacheSchema } from '../../store/remote/cache-schema.js';
import { SlurmSchema } from './slurm.js';

const closed = { additionalProperties: false };
/** What names of the user's are like. */
export const namePattern = '^[A-Za-z][A-Za-z0-9_-]*$';

/** A map whose keys are names of the user's. */
const named = <T extends TSchema>(value: T, options: ObjectOptions = {}) =>
  Type.Record(Type.String({ pattern: namePattern }), value, { ...closed, ...options });

// A `title` is what a message calls the value: "must be a scalar, not a list".
const ScalarSchema = Type.Union([Type.String(), Type.Number(), Type.Boolean()], { title: 'a scalar' });
const AxisValueSchema = Type.Union([ScalarSchema, Type.Record(Type.String(), ScalarSchema)], {
  title: 'a scalar or a map of scalars',
});
/** An axis as a list of its values. */
export const AxisListSchema = Type.Array(AxisValueSchema, { minItems: 1 });
const AxisSchema = Type.Union(
  [
    AxisListSchema,
    Type.Object(
      {
        values: AxisListSchema,
        repeat: Type.Optional(
          Type.Boolean({
            description:
              'True if its values repeat the same experiment, as seeds do: results are averaged over them, with ' +
              'standard deviation and 95 % interval.',
          }),
        ),
      },
      closed,
    ),
  ],
  { title: 'a list of values, or { values: [1, 2, 3], repeat: true }' },
);
/** A part of a name; a number says nothing on another machine. */
const gpuPattern = '^(?!\\d{1,3}$)\\S(.*\\S)?$';
/** GPUs of a kind. */
const gpusPattern = '^[A-Za-z][\\w.-]*:[1-9][0-9]*$';

/** An amount, or one for each attempt. */
const stepped = (pattern: string, title: string, options: ObjectOptions) =>
  Type.Union([Type.String({ pattern }), Type.Array(Type.String({ pattern, title }), { minItems: 1 })], {
    title,
    ...options,
  });

const PointSchema = Type.Record(Type.String(), AxisValueSchema, {
  description: 'Axis names with a value or label each, such as { precision: { k: 1, B: 2 }, noise: 0 }.',
});

const stageOfPoint = Type.String({ description: 'A stage, or stage.output.' });
const ReferenceSchema = Type.Union(
  [Type.String(), Type.Object({ stage: stageOfPoint, at: Type.Optional(PointSchema) }, closed)],
  { title: 'a stage, stage.output or { stage, at }' },
);

const InputSchema = Type.Union(
  [
    Type.String(),
    Type.Object(
      {
        file: Type.Optional(Type.String({ description: 'Path relative to this file.' })),
        stage: Type.Optional(stageOfPoint),
        at: Type.Optional(PointSchema),
      },
      closed,
    ),
    Type.Array(ReferenceSchema, { minItems: 1 }),
  ],
  {
    title: 'a stage, stage.output, a list of them, or { file: path }',
    description:
      'A stage (its default output), stage.output, a list of them (the input then is one list), or { file: path } ' +
      'relative to this file. One point of a stage is stage@axis=value, or { stage, at: { axis: value } }.',
  },
);

const StageSchema = Type.Object(
  {
    description: Type.Optional(Type.String()),
    uses: Type.Optional(Type.String({ description: 'A built-in stage, or ./path of your own (.ts, .js, .mjs).' })),
    run: Type.Optional(
      Type.Union([Type.String(), Type.Array(ScalarSchema, { minItems: 1 })], {
        title: 'a command as a list of words, or text for the shell',
        description:
          'A command as a list of words (no shell), or as text for the shell (it stops at the first command that fails).',
      }),
    ),
    shell: Type.Optional(
      Type.Union([Type.Literal('sh'), Type.Literal('bash')], {
        description: 'What reads a command that is text: sh -e (if left out), or bash -eo pipefail.',
      }),
    ),
    over: Type.Optional(
      Type.Array(Type.String(), { description: 'Axes: one task for each combination of their values.' }),
    ),
    only: Type.Optional(Type.Array(PointSchema, { description: 'The only points of the axes that have a task.' })),
    exclude: Type.Optional(Type.Array(PointSchema, { description: 'Points of the axes that have no task.' })),
    inputs: Type.Optional(named(InputSchema, { description: 'What the stage takes from other stages and files.' })),
    with: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'Parameters of the stage.' })),
    outputs: Type.Optional(
      named(Type.String({ minLength: 1 }), {
        description: 'Files or folders that a command makes; the first is the default output.',
      }),
    ),
    env: Type.Optional(
      Type.Array(
        Type.String({
          // What those hold is this program's to know, not a task's.
          pattern: '^(?!SPIKELINE_REMOTE)[A-Za-z_][A-Za-z0-9_]*$',
          title: 'the name of a variable, and none of the remote cache (SPIKELINE_REMOTE…)',
        }),
        { description: 'Environment variables that the task sees; their values enter its key.' },
      ),
    ),
    retries: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description: 'How often a task that failed is tried again, after 1 s, 2 s, 4 s and so on up to a minute.',
      }),
    ),
    timeout: Type.Optional(
      Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.String({ pattern: timePattern })], {
        title: 'a time in seconds, or such as 30min or 2h',
        description:
          'How long a task may take: seconds, or a text such as 30min or 2h. After that it is stopped and has failed.',
      }),
    ),
    resources: Type.Optional(
      Type.Object(
        {
          cpus: Type.Optional(
            Type.Union([Type.Integer({ minimum: 1 }), Type.Literal('all'), Type.Literal('any')], {
              title: 'a number of cores, all, or any',
              description:
                'CPU cores that the task keeps busy: a number; all; or any, which is all, or a part of them while other tasks ' +
                'that take any number are ready as well. SPIKELINE_THREADS tells a command how many it has.',
            }),
          ),
          gpus: Type.Optional(
            Type.Union([Type.Integer({ minimum: 1 }), Type.String({ pattern: gpusPattern })], {
              title: 'a number of GPUs, or such as a100:2',
              description:
                'GPUs that the task has to itself, such as 1; CUDA_VISIBLE_DEVICES says which. Jobs of a cluster may ask ' +
                'for a kind of them: a100:2.',
            }),
          ),
          gpu: Type.Optional(
            Type.String({
              pattern: gpuPattern,
              title: 'a part of the name of a graphics processor, such as nvidia',
              description:
                'The graphics processor that the engine computes on, if it does so on one, such as webgpu: the first with this ' +
                'in its name, such as nvidia or rtx_4090. doctor lists them. Jobs of a cluster ask for it as a kind of GPU.',
            }),
          ),
          memory: Type.Optional(
            stepped(memoryPattern, 'an amount such as 4GB, or a list of them', {
              description:
                'Memory that the task needs, such as 4GB: tasks run beside each other as long as there is enough. Of a ' +
                'list, such as [4GB, 16GB], a job of a cluster that ran out of memory gets the next in another one.',
            }),
          ),
          time: Type.Optional(
            stepped(timePattern, 'a time such as 30min or 2h, or a list of them', {
              description:
                'How long a job of a cluster may take, such as 2h. A training that needs longer goes on in another one; of ' +
                'a list, such as [2h, 1d], what left no checkpoint gets the next.',
            }),
          ),
        },
        { ...closed, description: 'What the task takes of the machine.' },
      ),
    ),
    slurm: Type.Optional(SlurmSchema),
  },
  closed,
);

const ExpectationSchema = Type.Object(
  {
    stage: Type.String({ description: 'The stage whose metric is compared.' }),
    at: Type.Optional(PointSchema),
    metric: Type.String({ description: 'Name of the metric, such as accuracy.' }),
    value: Type.Optional(
      Type.Union([Type.Number(), Type.String({ pattern: '^-?[1-9]\\d{15,}$' })], {
        title: 'a number',
        description: 'The number that the paper gives; a whole one beyond 2^53 between quotes.',
      }),
    ),
    tolerance: Type.Optional(Type.Number({ minimum: 0, description: 'How far off it may be; 0 if left out.' })),
    min: Type.Optional(Type.Number({ description: 'The metric must be at least this.' })),
    max: Type.Optional(Type.Number({ description: 'The metric must be at most this.' })),
    equals: Type.Optional(
      Type.Object(
        { stage: Type.String(), metric: Type.Optional(Type.String()), at: Type.Optional(PointSchema) },
        { ...closed, description: 'A metric of another stage, at the same point of the axes that both have.' },
      ),
    ),
    when: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description:
          'Params and the values that the number belongs to, such as { epochs: 200 }: with others it is not compared.',
      }),
    ),
    source: Type.Optional(Type.String({ description: 'Where the number comes from.' })),
  },
  closed,
);

/** The file format: the one definition that types, checks and the JSON Schema follow from. */
export const PipelineSchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9][a-z0-9._-]*$',
      title: 'lower-case letters, digits, . _ and -',
      description: 'Name of the pipeline: lower-case letters, digits, . _ and -',
    }),
    description: Type.Optional(Type.String()),
    extends: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })], {
        title: 'a file or a list of files',
        description:
          'Pipeline files that this one builds on, relative to it. Params and axes of the same name replace theirs, ' +
          'stages of the same name their sections, `with` and `inputs` name by name; a stage, input, axis or profile that is null is left out.',
      }),
    ),
    include: Type.Optional(
      named(Type.String(), {
        description:
          'Pipeline files that become parts of this one, by name, relative to it. Their stages are called name/stage ' +
          'here, and keep their own params, axes and profiles: --set name/param=value changes them.',
      }),
    ),
    axes: Type.Optional(
      named(AxisSchema, {
        description:
          'Named lists of values, which stages are swept over with over: [axis]; { values: [1, 2, 3], repeat: true } for ' +
          'repetitions, which are averaged over.',
      }),
    ),
    params: Type.Optional(
      named(Type.Unknown(), { description: 'Values for ${{ params.name }}, to be changed with --set name=value.' }),
    ),
    profiles: Type.Optional(
      Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), {
        description: 'Other values of params, chosen with --profile NAME.',
      }),
    ),
    stages: named(StageSchema, { description: 'The steps, by name.' }),
    cache: Type.Optional(CacheSchema),
    slurm: Type.Optional(SlurmSchema),
    expect: Type.Optional(
      Type.Array(ExpectationSchema, { description: 'What the results must be, such as the numbers of the paper.' }),
    ),
  },
  closed,
);

export type PipelineFile = Static<typeof PipelineSchema>;
export type StageFile = Static<typeof StageSchema>;
export type ExpectationFile = Static<typeof ExpectationSchema>;
