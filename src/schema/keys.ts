import type { TSchema } from '@sinclair/typebox';

/** What a reader is told of a key of a map. */
export interface KeyFacts {
  readonly name: string;
  readonly type: string;
  /** In JSON; `required` where the key must be there, `–` where it is left out by default. */
  readonly default: string;
  readonly meaning: string;
}

/** The keys that a schema of a map declares, in its order. */
export function keysOf(schema: TSchema): readonly KeyFacts[] {
  const { properties, required = [] } = schema as unknown as {
    properties: Readonly<Record<string, TSchema>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, value]) => ({
    name,
    type: typeName(value),
    default: value.default === undefined ? (required.includes(name) ? 'required' : '–') : JSON.stringify(value.default),
    meaning: value.description ?? '',
  }));
}

function typeName(schema: TSchema): string {
  const { title, anyOf, type, items } = schema as {
    title?: string;
    anyOf?: readonly TSchema[];
    type?: string;
    items?: TSchema;
  };
  if (title !== undefined) return title;
  if (anyOf !== undefined) return anyOf.map(typeName).join(' or ');
  if (schema.const !== undefined) return String(schema.const);
  if (type === 'array' && items !== undefined) return `list of ${typeName(items)}`;
  return type === 'object' ? 'map' : (type ?? 'any');
}
