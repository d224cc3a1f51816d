import type { TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { suggestion } from './suggest.js';

/** A violation of a schema, in the user's words. */
export interface Violation {
  /** Keys and indices from the checked value to the place. */
  readonly path: readonly (string | number)[];
  /** Does the message speak of the key at the path, and not of its value? */
  readonly atKey: boolean;
  readonly code: 'E_UNKNOWN_KEY' | 'E_MISSING_KEY' | 'E_TYPE' | 'E_VALUE';
  readonly message: string;
  readonly hint?: string;
}

const ajv = new Ajv({ allErrors: true, verbose: true, useDefaults: true, strict: false });
const validators = new WeakMap<TSchema, ValidateFunction>();

/** Checks a value against a schema and fills in the schema's defaults (in place). */
export function check(schema: TSchema, value: unknown): Violation[] {
  let validate = validators.get(schema);
  if (validate === undefined) {
    // TypeBox marks its schemas with symbols; ajv wants plain JSON.
    // A map that does not say whether it takes other keys takes none: a misspelt parameter must not pass.
    const plain = JSON.parse(JSON.stringify(schema)) as TSchema;
    validate = ajv.compile(
      plain.type === 'object' && plain.properties ? { additionalProperties: false, ...plain } : plain,
    );
    validators.set(schema, validate);
  }
  if (validate(value)) return [];
  return mainErrors(validate.errors ?? []).map(describe);
}

/** Errors inside the branches of a union are replaced by that of the union, unless one branch was clearly meant. */
function mainErrors(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf');
  const kept = errors.filter(
    (error) => !unions.some((union) => union !== error && error.schemaPath.startsWith(`${union.schemaPath}/`)),
  );
  return kept.flatMap((error) => {
    if (error.keyword !== 'anyOf') return [error];
    const inner = errors.filter((other) => other !== error && other.schemaPath.startsWith(`${error.schemaPath}/`));
    // A map was given where a map is one of the choices: what is wrong inside it says more.
    const isMap = typeof error.data === 'object' && error.data !== null && !Array.isArray(error.data);
    const specific = inner.filter(
      ({ keyword, instancePath }) =>
        isMap && (keyword === 'additionalProperties' || keyword === 'required' || instancePath !== error.instancePath),
    );
    return specific.length > 0 ? mainErrors(specific) : [error];
  });
}

function describe(error: ErrorObject): Violation {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part.replace(/~1/g, '/').replace(/~0/g, '~')));
  const params = error.params as Record<string, never>;
  const value = { path, atKey: false, code: 'E_VALUE' } as const;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty);
      const properties = (error.parentSchema as { properties?: object } | undefined)?.properties;
      const patterns = (error.parentSchema as { patternProperties?: object } | undefined)?.patternProperties;
      if (properties === undefined && patterns !== undefined)
        return {
          path: [...path, key],
          atKey: true,
          code: 'E_VALUE',
          message: `"${key}" can't be a name here: names are letters, digits, - and _, and begin with a letter`,
        };
      const hint = suggestion(key, Object.keys(properties ?? {}));
      const violation = {
        path: [...path, key],
        atKey: true,
        code: 'E_UNKNOWN_KEY',
        message: `unknown key "${key}"`,
      } as const;
      return hint === undefined ? violation : { ...violation, hint };
    }
    case 'required':
      return { path, atKey: true, code: 'E_MISSING_KEY', message: `"${String(params.missingProperty)}" is missing` };
    case 'type':
      return { ...value, code: 'E_TYPE', message: `must be ${article(params.type)}, not ${show(error.data)}` };
    case 'const':
    case 'enum':
    case 'anyOf':
      return { ...value, ...oneOf(error) };
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return {
        ...value,
        message: `must be ${String(params.comparison)} ${String(params.limit)}, not ${show(error.data)}`,
      };
    case 'minItems':
      return { ...value, message: `needs at least ${String(params.limit)} ${params.limit === 1 ? 'item' : 'items'}` };
    case 'pattern':
      return { ...value, message: `${show(error.data)} is not possible here: it must match ${String(params.pattern)}` };
    default:
      return { ...value, message: error.message ?? 'is wrong' };
  }
}

function oneOf(error: ErrorObject): Pick<Violation, 'code' | 'message'> & { readonly hint?: string } {
  const schema = error.parentSchema as {
    anyOf?: { const?: unknown }[];
    enum?: unknown[];
    const?: unknown;
    description?: string;
  };
  const choices = schema.enum ?? schema.anyOf?.map((option) => option.const) ?? [schema.const];
  if (choices.every((choice) => choice !== undefined)) {
    const words = choices.map((choice) => String(choice));
    const hint = suggestion(String(error.data), words);
    const message = `must be one of ${words.join(', ')}, not ${show(error.data)}`;
    return { code: 'E_VALUE', message, ...(hint?.startsWith('did') ? { hint } : {}) };
  }
  return { code: 'E_TYPE', message: `must be ${schema.description ?? 'something else'}, not ${show(error.data)}` };
}

function article(type: unknown): string {
  const names: Record<string, string> = {
    string: 'text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map',
    null: 'empty',
  };
  return String(type)
    .split(',')
    .map((name) => names[name] ?? name)
    .join(' or ');
}

/** A value as the user would recognise it, shortened. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return value.length > 40 ? `"${value.slice(0, 37)}…"` : `"${value}"`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : String(value as number);
}
