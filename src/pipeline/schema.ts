import { type Static, type TSchema, Type } from '@sinclair/typebox';
import type { StageDefinition } from '../stage/definition.js';

const closed = { additionalProperties: false };
const name = '^[A-Za-z][A-Za-z0-9_-]*$';

const ScalarSchema = Type.Union([Type.String(), Type.Number(), Type.Boolean()], { title: 'a scalar' });
const AxisValueSchema = Type.Union([ScalarSchema, Type.Record(Type.String(), ScalarSchema)], {
  title: 'a scalar or a map of scalars',
});
const PointSchema = Type.Record(Type.String(), AxisValueSchema, {
  description: 'Axis names with a value or label each, such as { precision: { k: 1, B: 2 }, noise: 0 }.',
});

const InputSchema = Type.Union(
  [Type.String(), Type.Object({ file: Type.String({ description: 'Path relative to this file.' }) }, closed)],
  { title: 'a stage, stage.output or { file: path }' },
);

const StageSchema = Type.Object(
  {
    description: Type.Optional(Type.String()),
    uses: Type.Optional(Type.String({ description: 'A built-in stage, or ./path of your own (.ts, .js, .mjs).' })),
    run: Type.Optional(
      Type.Union([Type.String(), Type.Array(ScalarSchema, { minItems: 1 })], {
        title: 'a command as a list of words, or text for the shell',
      }),
    ),
    over: Type.Optional(
      Type.Array(Type.String(), { description: 'Axes: one task for each combination of their values.' }),
    ),
    exclude: Type.Optional(Type.Array(PointSchema, { description: 'Points of the axes that have no task.' })),
    inputs: Type.Optional(Type.Record(Type.String({ pattern: name }), InputSchema)),
    with: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'Parameters of the stage.' })),
    outputs: Type.Optional(
      Type.Record(Type.String({ pattern: name }), Type.String({ minLength: 1 }), {
        description: 'Files or folders that a command makes; the first is the default output.',
      }),
    ),
    env: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), {
        description: 'Environment variables that the task sees; their values enter its key.',
      }),
    ),
    resources: Type.Optional(
      Type.Object(
        {
          cpus: Type.Optional(
            Type.Union([Type.Integer({ minimum: 1 }), Type.Literal('all')], {
              title: 'a number of cores, or all',
            }),
          ),
        },
        closed,
      ),
    ),
  },
  { ...closed, description: 'a stage' },
);

const ExpectationSchema = Type.Object(
  {
    stage: Type.String(),
    at: Type.Optional(PointSchema),
    metric: Type.String(),
    value: Type.Optional(Type.Number()),
    tolerance: Type.Optional(Type.Number({ minimum: 0 })),
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
    equals: Type.Optional(
      Type.Object(
        { stage: Type.String(), metric: Type.Optional(Type.String()), at: Type.Optional(PointSchema) },
        closed,
      ),
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
      description: 'Name of the pipeline: lower case, digits, . _ -',
    }),
    description: Type.Optional(Type.String()),
    axes: Type.Optional(Type.Record(Type.String({ pattern: name }), Type.Array(AxisValueSchema, { minItems: 1 }))),
    params: Type.Optional(Type.Record(Type.String({ pattern: name }), Type.Unknown())),
    profiles: Type.Optional(Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()))),
    stages: Type.Record(Type.String({ pattern: name }), StageSchema),
    expect: Type.Optional(Type.Array(ExpectationSchema)),
  },
  closed,
);

export type PipelineFile = Static<typeof PipelineSchema>;
export type StageFile = Static<typeof StageSchema>;
export type ExpectationFile = Static<typeof ExpectationSchema>;

/** An expression may stand in place of any parameter value. */
const expression = { type: 'string', pattern: '\\$\\{\\{.*\\}\\}' };

/**
 * JSON Schema (draft-07) of pipeline files for editors: the format above, with parameters, inputs and outputs of the
 * built-in stages by their `uses`.
 */
export function generateJsonSchema(stages: readonly StageDefinition[]): object {
  const plain = JSON.parse(JSON.stringify(PipelineSchema)) as Record<string, never> & {
    properties: { stages: { patternProperties: Record<string, Record<string, unknown>> } };
  };
  const [pattern] = Object.keys(plain.properties.stages.patternProperties);
  const stage = plain.properties.stages.patternProperties[pattern!]!;
  const properties = stage.properties as Record<string, Record<string, unknown>>;
  properties.uses = {
    description: properties.uses!.description,
    anyOf: [
      { enum: stages.map((definition) => definition.name), description: 'A built-in stage.' },
      { type: 'string', pattern: '^\\.{1,2}/', description: 'A stage of your own.' },
    ],
  };
  stage.allOf = stages.map((definition) => ({
    if: { properties: { uses: { const: definition.name } }, required: ['uses'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { description: definition.summary, properties: stageProperties(definition) },
  }));
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'Spikeline pipeline', ...plain };
}

function stageProperties(definition: StageDefinition): object {
  const schema = JSON.parse(JSON.stringify(definition.parameters)) as { properties?: Record<string, TSchema> };
  const parameters = Object.entries(schema.properties ?? {}).map(([key, value]) => {
    const { description, default: standard } = value as { description?: string; default?: unknown };
    const about = {
      ...(description === undefined ? {} : { description }),
      ...(standard === undefined ? {} : { default: standard }),
    };
    return [key, { ...about, anyOf: [value, expression] }];
  });
  const inputs = Object.entries(definition.inputs).map(([key, { description }]) => [key, { description }]);
  return {
    with: { type: 'object', properties: Object.fromEntries(parameters) as object, additionalProperties: false },
    inputs: { type: 'object', properties: Object.fromEntries(inputs) as object, additionalProperties: false },
  };
}
