import type { StageDefinition } from '../stage/definition.js';
import { namePattern, PipelineSchema } from './check/schema.js';
import type { DeclaredNames } from './declared.js';

/** An expression may stand in place of any parameter value. */
const expression = { type: 'string', pattern: '\\$\\{\\{.*\\}\\}' };

type Schema = { readonly [keyword: string]: unknown };

/**
 * JSON Schema (draft-07) of pipeline files for editors: the format, with parameters, inputs and outputs of the built-in
 * stages by their `uses`.
 *
 * @param names of one file: then its stages, axes, params and the parameters of the user's own stages are completed, too
 */
export function generateJsonSchema(stages: readonly StageDefinition[], names?: DeclaredNames): object {
  const { required: _, ...plain } = JSON.parse(JSON.stringify(PipelineSchema)) as {
    required: unknown;
    properties: { stages: { patternProperties: Record<string, Schema> } };
  };
  const own = Object.entries(names?.own ?? {});
  const known = [...stages.map((definition) => [definition.name, definition] as const), ...own];
  const patterns = plain.properties.stages.patternProperties;
  const stage = patterns[namePattern]!;
  const properties = stage.properties as Readonly<Record<string, Schema>>;
  const uses = {
    description: properties.uses!.description,
    // Editors show what the one that is named says.
    anyOf: [
      ...known.map(([uses, definition]) => ({ const: uses, description: descriptionOf(definition) })),
      { type: 'string', pattern: '^\\.{1,2}/', description: 'A stage of your own.' },
    ],
  };
  patterns[namePattern] = {
    ...stage,
    // A file that extends others may say a part of a stage, or null to leave one out.
    type: ['object', 'null'],
    properties: Object.fromEntries(Object.entries({ ...properties, uses }).map(([key, value]) => [key, orNull(value)])),
    allOf: known.flatMap(([uses, definition]) => ifUses(uses, [stageSchema(definition)])),
  };
  // What a file that extends others leaves out, those may say.
  const whole = {
    type: 'object',
    oneOf: [{ required: ['uses'] }, { required: ['run'] }],
    dependencies: { with: ['uses'], outputs: ['run'] },
    allOf: known.flatMap(([uses, definition]) => ifUses(uses, needsSchemas(definition))),
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Spikeline pipeline',
    ...plain,
    patternProperties: { '^x-': { description: 'A place for anchors; it has no effect of its own.' } },
    required: ['name'],
    ...(names === undefined ? {} : { allOf: [declaredSchema(names)] }),
    if: { not: { anyOf: [{ required: ['extends'] }, { required: ['include'] }] } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { required: ['stages'], properties: { stages: { patternProperties: { [namePattern]: whole } } } },
  };
}

/** The same schema, with a null allowed in its place, which leaves out what a file below says. */
function orNull({ type, anyOf, ...rest }: Schema): Schema {
  return {
    ...rest,
    ...(type === undefined ? {} : { type: [type, 'null'].flat() }),
    ...(anyOf === undefined ? {} : { anyOf: [...(anyOf as readonly Schema[]), { type: 'null' }] }),
  };
}

/** Rules for what uses a stage. */
function ifUses(uses: string, rules: readonly Schema[]): readonly Schema[] {
  const condition = { properties: { uses: { const: uses } }, required: ['uses'] };
  return rules.map((rule) => onlyIf(condition, rule));
}

// biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
const onlyIf = (condition: Schema, rule: Schema): Schema => ({ if: condition, then: rule });

/** What a stage must be given in one of several ways. Where an expression may stand for a value that decides, nothing is wanted. */
function needsSchemas({ needs = [], parameters, fromPipeline = {} }: StageDefinition): readonly Schema[] {
  const isFilledIn = (name: string) =>
    name in fromPipeline || 'default' in ((parameters.properties as Record<string, object>)[name] ?? {});
  return needs.flatMap(({ anyOf, when = {}, unless = {} }) => {
    const ways = anyOf.map(({ parameters: values = {}, inputs = [] }) =>
      whereGiven({ with: Object.keys(values).filter((name) => !isFilledIn(name)), inputs }),
    );
    const deciding = [...Object.keys(when), ...Object.keys(unless)];
    if (deciding.length === 0) return [{ anyOf: ways }];
    const wanted = schemasOf(when, (some) => oneOrListed({ enum: some }));
    const others = schemasOf(unless, (some) => oneOrListed({ anyOf: [{ enum: some }, expression] }));
    const decided = { properties: wanted, ...(Object.keys(others).length > 0 && { not: { properties: others } }) };
    const condition = { allOf: [whereGiven({ with: deciding, inputs: [] }), { properties: { with: decided } }] };
    return [onlyIf(condition, { anyOf: ways })];
  });
}

/** A stage that is given all of these. */
function whereGiven(names: Readonly<Record<'with' | 'inputs', readonly string[]>>): Schema {
  const sections = Object.entries(names).filter(([, { length }]) => length > 0);
  return {
    required: sections.map(([section]) => section),
    properties: Object.fromEntries(sections.map(([section, required]) => [section, { required }])),
  };
}

const schemasOf = (
  values: Readonly<Record<string, readonly unknown[] | undefined>>,
  schema: (some: readonly unknown[]) => Schema,
): Schema => Object.fromEntries(Object.entries(values).map(([name, some = []]) => [name, schema(some)]));

const oneOrListed = (value: Schema): Schema => ({ anyOf: [value, { type: 'array', contains: value }] });

/** What a stage of the file must be like if it uses this definition. */
function stageSchema(definition: StageDefinition): Schema {
  const { parameters, inputs } = definition;
  const plain = JSON.parse(JSON.stringify(parameters)) as Schema;
  const properties = Object.entries((plain.properties ?? {}) as Record<string, Schema>);
  const needed = ((plain.required ?? []) as string[]).filter(
    (parameter) => !properties.some(([key, value]) => key === parameter && 'default' in value),
  );
  const neededInputs = Object.keys(inputs).filter((input) => inputs[input]!.optional !== true);
  const required = [...(needed.length > 0 ? ['with'] : []), ...(neededInputs.length > 0 ? ['inputs'] : [])];
  return {
    description: descriptionOf(definition),
    properties: {
      with: {
        type: 'object',
        properties: Object.fromEntries(properties.map(([key, value]) => [key, orExpression(value)])),
        ...(needed.length > 0 ? { required: needed } : {}),
        additionalProperties: plain.additionalProperties ?? false,
      },
      inputs: {
        type: 'object',
        properties: Object.fromEntries(Object.entries(inputs).map(([key, { description }]) => [key, { description }])),
        ...(neededInputs.length > 0 ? { required: neededInputs } : {}),
        additionalProperties: false,
      },
    },
    ...(required.length > 0 ? { required } : {}),
  };
}

/** What editors show of a stage. */
function descriptionOf({ summary, outputs }: StageDefinition): string {
  const [first, ...others] = Object.keys(outputs);
  return `${summary}. Outputs: ${[`${first} (default)`, ...others].join(', ')}.`;
}

/** The same schema, with an expression allowed instead of the value and of every value in it. */
function orExpression(schema: Schema): Schema {
  const { description, default: standard, anyOf, ...rest } = schema;
  const branches = anyOf === undefined ? [rest] : withoutSingleConstants(anyOf as readonly Schema[]);
  return {
    ...(description === undefined ? {} : { description }),
    ...(standard === undefined ? {} : { default: standard }),
    anyOf: [...branches.map(withExpressionsInside), expression],
  };
}

/** Branches of one plain value each are one branch of them all: editors would show each of them by itself. */
function withoutSingleConstants(branches: readonly Schema[]): readonly Schema[] {
  const isPlain = (branch: Schema) => Object.keys(branch).every((keyword) => keyword === 'const' || keyword === 'type');
  const constants = branches.filter((branch) => 'const' in branch && isPlain(branch));
  if (constants.length === 0) return branches;
  return [
    { enum: constants.map((branch) => branch.const) },
    ...branches.filter((branch) => !constants.includes(branch)),
  ];
}

function withExpressionsInside(schema: Schema): Schema {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  return {
    ...schema,
    ...(properties.length === 0
      ? {}
      : { properties: Object.fromEntries(properties.map(([key, value]) => [key, orExpression(value)])) }),
    ...(schema.items === undefined ? {} : { items: orExpression(schema.items as Schema) }),
  };
}

/** What may stand where names of the file's own are meant. */
function declaredSchema({ stages, axes, allAxes, params }: DeclaredNames): Schema {
  const stage = among(Object.keys(stages));
  const outputs = Object.entries(stages).flatMap(([name, [first, ...others]]) => [
    name,
    ...(first === undefined ? [] : [first, ...others].map((output) => `${name}.${output}`)),
  ]);
  const pointOf = (points: DeclaredNames['axes']) => ({
    properties: Object.fromEntries(Object.entries(points).map(([axis, values]) => [axis, among(values)])),
    additionalProperties: false,
  });
  const at = pointOf(allAxes);
  // An enumeration completes names; points of axes are too many to list.
  const pointed = { type: 'string', pattern: '@' };
  const named = { type: 'object', properties: { stage: among(outputs), at } };
  const input = {
    anyOf: [among(outputs), pointed, named, { type: 'array', items: { anyOf: [among(outputs), pointed, named] } }],
  };
  const expectation = { properties: { stage, at, equals: { properties: { stage, at } } } };
  return {
    properties: {
      stages: {
        additionalProperties: {
          properties: {
            over: { items: among(Object.keys(axes)) },
            only: { items: pointOf(axes) },
            exclude: { items: pointOf(axes) },
            inputs: { additionalProperties: input },
          },
        },
      },
      profiles: {
        additionalProperties: {
          properties: Object.fromEntries(params.map((param) => [param, {}])),
          additionalProperties: false,
        },
      },
      expect: { items: expectation },
    },
  };
}

/** One of these values; of none, nothing. */
function among(values: readonly unknown[]): Schema {
  return values.length === 0 ? { not: {} } : { enum: values };
}
