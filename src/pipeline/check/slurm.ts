import { type Static, Type } from '@sinclair/typebox';

/** How tasks become jobs of Slurm: in a pipeline file, or in the user's configuration. */
export const SlurmSchema = Type.Object(
  {
    partition: Type.Optional(Type.String({ minLength: 1, description: 'Partition that jobs go to.' })),
    account: Type.Optional(Type.String({ minLength: 1, description: 'Account that pays for them.' })),
    qos: Type.Optional(Type.String({ minLength: 1, description: 'Quality of service.' })),
    cpus: Type.Optional(
      Type.Integer({ minimum: 1, description: 'CPU cores of tasks that take all there are. Default: 4.' }),
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
      Type.Array(Type.String({ pattern: '^-', title: 'an option of sbatch, such as --constraint=amd' }), {
        description: 'Further options of sbatch, such as --constraint=amd. They come last, and so have the last word.',
      }),
    ),
  },
  { additionalProperties: false, description: 'How tasks become jobs with --executor slurm.' },
);

export type SlurmSettings = Readonly<Static<typeof SlurmSchema>>;
