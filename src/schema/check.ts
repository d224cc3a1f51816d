import type { TSchema } from '@sinclair/typebox';
import type { ErrorObject } from 'ajv';
import type { Path } from '../values.js';
import { keySuggestion, nearest } from './suggest.js';
import { validatorOf } from './validators.js';
import { isMap, kindOf, listed, notThis, typeHint } from './words.js';

/** A violation of a schema, in the user's words. */
export interface Violation {
  /** Keys and indices from the checked value to the place. */
  readonly path: Path;
  /** True if the message is about the key at the path, not its value. */
  readonly atKey: boolean;
  readonly code: 'E_UNKNOWN_KEY' | 'E_MISSING_KEY' | 'E_TYPE' | 'E_VALUE';
  /** A sentence if `atKey`; otherwise what follows the name of the value. */
  readonly message: string;
  readonly hint?: string;
  /** The key that is missing, with what is known of it. */
  readonly missing?: { readonly key: string; readonly description?: string };
}

/** Checks a value against a schema and fills in the schema's defaults (in place). */
export function check(schema: TSchema, value: unknown): Violation[] {
  const validate = validatorOf(schema);
  if (validate(value)) return [];
  const errors = mainErrors(validate.errors ?? []);
  const misspelt = new Set(errors.flatMap(meantKey));
  return errors
    .filter((error) => !(error.keyword === 'required' && misspelt.has(placeOf(error, missingKey(error)))))
    .map((error) => describe(error, value));
}

/** Errors inside the branches of a union are replaced by that of the union, unless one branch was clearly meant. */
function mainErrors(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = new Map<string, ErrorObject[]>();
  for (const error of errors)
    if (error.keyword === 'anyOf') unions.set(error.instancePath, [...(unions.get(error.instancePath) ?? []), error]);
  const inside = new Map<ErrorObject, ErrorObject[]>();
  const kept = errors.filter((error) => {
    const around = unionsAround(error, unions);
    for (const union of around) inside.set(union, [...(inside.get(union) ?? []), error]);
    return around.length === 0;
  });
  return kept.flatMap((error) => {
    if (error.keyword !== 'anyOf') return [error];
    // A map, list or number was given where one is among the choices: what is wrong with it says more.
    const specific = (inside.get(error) ?? []).filter(
      ({ keyword, instancePath }) =>
        (limits.includes(keyword) && instancePath === error.instancePath) ||
        ((isMap(error.data) || Array.isArray(error.data)) &&
          (['additionalProperties', 'required', 'minItems'].includes(keyword) || instancePath !== error.instancePath)),
    );
    return specific.length > 0 ? mainErrors(specific) : [error];
  });
}

const limits: readonly string[] = ['minimum', 'maximum'];

/** Unions that an error is in a branch of: those of its value and of the values around it. */
function unionsAround(error: ErrorObject, unions: ReadonlyMap<string, readonly ErrorObject[]>): ErrorObject[] {
  const found: ErrorObject[] = [];
  for (let path = error.instancePath; ; path = path.slice(0, path.lastIndexOf('/'))) {
    for (const union of unions.get(path) ?? [])
      if (union !== error && error.schemaPath.startsWith(`${union.schemaPath}/`)) found.push(union);
    if (path === '') return found;
  }
}

/** Place of the key that was meant by an unknown one: that it is missing need not be said, too. */
function meantKey(error: ErrorObject): string[] {
  if (error.keyword !== 'additionalProperties') return [];
  const near = nearest(unknownKey(error), knownKeys(error) ?? []);
  return near === undefined ? [] : [placeOf(error, near)];
}

const placeOf = (error: ErrorObject, key: string) => JSON.stringify([error.instancePath, key]);
const missingKey = (error: ErrorObject) => (error.params as { missingProperty: string }).missingProperty;
const unknownKey = (error: ErrorObject) => (error.params as { additionalProperty: string }).additionalProperty;

interface Parent {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
  readonly anyOf?: readonly Readonly<Record<string, unknown>>[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly title?: string;
  readonly pattern?: string;
  readonly description?: string;
}

const parentOf = (error: ErrorObject) => (error.parentSchema ?? {}) as Parent;

/** Names that a map may have; undefined if any name of the right form will do. */
function knownKeys(error: ErrorObject): string[] | undefined {
  const { properties } = parentOf(error);
  return properties && Object.keys(properties);
}

/** What a map holds where something else stands: who writes a path there needs a key before it. */
function keysHint(error: ErrorObject): string | undefined {
  const isFilled = error.data !== null && (error.params as { type: unknown }).type === 'object';
  const keys = isFilled ? (knownKeys(error) ?? []) : [];
  return keys.length > 0 && keys.length <= 12 ? `its keys: ${keys.join(', ')}` : undefined;
}

function describe(error: ErrorObject, root: unknown): Violation {
  const path = pathOf(error, root);
  const { limit } = error.params as { limit: number };
  const not = notThis(error.data);
  const value = (message: string, hint?: string, code: 'E_VALUE' | 'E_TYPE' = 'E_VALUE'): Violation => ({
    path,
    atKey: false,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
  });
  switch (error.keyword) {
    case 'additionalProperties':
      return unexpectedKey(error, path);
    case 'required':
      return missing(error, path);
    case 'type': {
      const { type } = error.params as { type: string };
      const { title } = parentOf(error);
      if (title !== undefined && refusesQuoted(parentOf(error), error.data))
        return value(`must be ${title}${not}`, undefined, 'E_TYPE');
      return value(`must be ${kindOf(type)}${not}`, typeHint([type].flat(), error.data) ?? keysHint(error), 'E_TYPE');
    }
    case 'const':
    case 'enum':
    case 'anyOf':
      return value(...choice(error));
    case 'minimum':
      return value(`must be at least ${limit}${not}`);
    case 'maximum':
      return value(`must be at most ${limit}${not}`);
    case 'exclusiveMinimum':
      return value(`must be more than ${limit}${not}`);
    case 'exclusiveMaximum':
      return value(`must be less than ${limit}${not}`);
    case 'minItems':
      return value(`needs at least ${limit} ${limit === 1 ? 'item' : 'items'}`);
    case 'maxItems':
      return value(`may have at most ${limit} ${limit === 1 ? 'item' : 'items'}`);
    case 'uniqueItems':
      return value('has the same item twice');
    case 'minLength':
      return value(limit === 1 ? 'must not be empty' : `must have at least ${limit} characters`);
    case 'pattern': {
      const { title } = parentOf(error);
      return value(`must be ${title ?? `text that matches ${(error.params as { pattern: string }).pattern}`}${not}`);
    }
    default:
      return value(`${error.message ?? 'is wrong'}`);
  }
}

function unexpectedKey(error: ErrorObject, parent: Path): Violation {
  const key = unknownKey(error);
  const known = knownKeys(error);
  const place = { path: [...parent, key], atKey: true } as const;
  if (known === undefined) {
    const message = `"${key}" can't be a name here: a name is letters, digits, - and _, and begins with a letter`;
    return { ...place, code: 'E_VALUE', message };
  }
  const [, name, value] = /^([\w-]+):(.+)$/.exec(key) ?? [];
  const hint = name === undefined ? keySuggestion(key, known) : `write ${name}: ${value}, with a space after the colon`;
  return {
    ...place,
    code: 'E_UNKNOWN_KEY',
    message: `Unknown key "${key}"`,
    ...(hint === undefined ? {} : { hint }),
  };
}

function missing(error: ErrorObject, path: Path): Violation {
  const key = missingKey(error);
  const description = parentOf(error).properties?.[key]?.description;
  const about = description === undefined ? {} : { description };
  const hint = description === undefined ? {} : { hint: `${key}: ${description}` };
  return {
    path,
    atKey: true,
    code: 'E_MISSING_KEY',
    message: `"${key}" is missing`,
    missing: { key, ...about },
    ...hint,
  };
}

/** Message, hint and code for a value that is none of several. */
function choice(error: ErrorObject): [string, string | undefined, 'E_VALUE' | 'E_TYPE'] {
  const { anyOf, enum: values, const: only, title, description } = parentOf(error);
  const choices = values ?? anyOf?.map((branch) => branch.const) ?? [only];
  const not = notThis(error.data);
  if (choices.every((item) => item !== undefined)) {
    const words = choices.map(String);
    // A map may have what it likes as its `toString`.
    const near = typeof error.data === 'object' ? undefined : nearest(String(error.data), words);
    const hint = near === undefined ? undefined : `did you mean "${near}"?`;
    return [`must be ${listed(words)}${not}`, hint, 'E_VALUE'];
  }
  const branches = anyOf ?? [];
  const types = branches.flatMap(({ type, anyOf: inner }) => [type, ...((inner ?? []) as Parent[]).map(typeOf)].flat());
  return [
    `must be ${title ?? listed(branches.map(branchName))}${not}`,
    (branches.some((branch) => refusesQuoted(branch, error.data)) ? undefined : typeHint(types, error.data)) ??
      description,
    'E_TYPE',
  ];
}

/** True if text is wanted, and a number between quotes would not be the right one. */
function refusesQuoted({ pattern }: { readonly pattern?: unknown }, data: unknown): boolean {
  return typeof data === 'number' && typeof pattern === 'string' && !new RegExp(pattern).test(`${data}`);
}

const typeOf = (schema: object) => (schema as { type?: unknown }).type;

function branchName(branch: Readonly<Record<string, unknown>>): string {
  return branch.const === undefined ? kindOf(branch.type ?? 'object') : String(branch.const);
}

/** ajv's JSON pointer as keys and indices. */
function pathOf(error: ErrorObject, root: unknown): Path {
  let value = root;
  return error.instancePath
    .split('/')
    .slice(1)
    .map((part) => {
      const key = part.replace(/~1/g, '/').replace(/~0/g, '~');
      const step = Array.isArray(value) ? Number(key) : key;
      value = (value as Record<string | number, unknown>)[step];
      return step;
    });
}
