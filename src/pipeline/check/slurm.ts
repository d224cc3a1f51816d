import { type Static, Type } from '@sinclair/typebox';

/** A space before a value would be part of the option's name: sbatch is called without a shell. */
const optionPattern = '^(-[A-Za-z]\\S*|--[\\w-]+(=.*)?)$';

/** How tasks become jobs of Slurm: in a pipeline file, or in the user's configuration. */
export const SlurmSchema = Type.Object(
  {
    partition: Type.Optional(Type.String({ minLength: 1, description: 'Partition that jobs go to.' })),
    account: Type.Optional(Type.String({ minLength: 1, description: 'Account that pays for them.' })),
    qos: Type.Optional(Type.String({ minLength: 1, description: 'Quality of service.' })),
    constraint: Type.Optional(
      Type.String({ minLength: 1, description: 'Features that nodes must have, such as amd.' }),
    ),
    cpus: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'CPU cores of tasks that take all there are, or any number. Default: 4.',
      }),
    ),
    local: Type.Optional(
      Type.Boolean({
        description: 'No job: the task runs on the machine that submits the others, such as a download or a plot.',
      }),
    ),
    group: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Tasks of a stage that one job runs, one after the other: for tasks of seconds. Default: 1.',
      }),
    ),
    modules: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { description: 'Modules that jobs load first, such as cuda/12.4.' }),
    ),
    setup: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'Lines of a bash script that jobs begin with, after their modules.',
      }),
    ),
    extra: Type.Optional(
      Type.Array(
        Type.String({ pattern: optionPattern, title: 'one option of sbatch, with = and no space: --constraint=amd' }),
        {
          description: 'Further options of sbatch, such as --constraint=amd. They come last, and override the others.',
        },
      ),
    ),
  },
  {
    additionalProperties: false,
    description: 'How tasks become jobs with --executor slurm: of the pipeline, of the user, or of a stage.',
  },
);

export type SlurmSettings = Readonly<Static<typeof SlurmSchema>>;

/** Several settings as one: what is said later counts, and lists are joined. */
export function joinSlurmSettings(...all: readonly (SlurmSettings | undefined)[]): SlurmSettings {
  const joined: Record<string, unknown> = {};
  for (const settings of all)
    for (const [name, value] of Object.entries(settings ?? {}))
      joined[name] = Array.isArray(value) ? [...((joined[name] as string[] | undefined) ?? []), ...value] : value;
  return joined;
}
