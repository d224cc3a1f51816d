import { type StringOptions, type TSchema, type TString, Type } from '@sinclair/typebox';

/** Of all keywords, every reader of JSON Schema leaves a comment as it is. */
const mark = 'a path relative to the file that says it';

/**
 * A parameter that is the path of a file or folder. A pipeline file says it relative to itself, wherever it is included or
 * extended. A stage of the user's gets it absolute, and what lies there is in the key, with its name; a built-in one gets
 * it relative to `pipelineFolder`, or absolute.
 */
export function filePath(options: StringOptions = {}): TString {
  return Type.String({ ...options, $comment: mark });
}

/** Where in a value of this schema paths are. */
export function filePathsIn(schema: TSchema, value: unknown): (readonly (string | number)[])[] {
  if (typeof value === 'string') return schema.$comment === mark ? [[]] : [];
  if (typeof value !== 'object' || value === null) return [];
  const branches = (schema.anyOf ?? []) as readonly TSchema[];
  const found = branches.flatMap((branch) => filePathsIn(branch, value));
  const properties = (schema.properties ?? {}) as Readonly<Record<string, TSchema>>;
  for (const [key, item] of Object.entries(value) as [string, unknown][]) {
    const inner = Array.isArray(value) ? (schema.items as TSchema | undefined) : properties[key];
    const step = Array.isArray(value) ? Number(key) : key;
    if (inner !== undefined) found.push(...filePathsIn(inner, item).map((path) => [step, ...path]));
  }
  return found;
}

/** A value with its paths changed. */
export function mapFilePaths<T>(schema: TSchema, value: T, change: (path: string) => string): T {
  const paths = filePathsIn(schema, value);
  if (paths.length === 0) return value;
  const copy = { whole: structuredClone(value) as unknown };
  for (const path of paths) {
    const steps = ['whole', ...path];
    const holder = steps.slice(0, -1).reduce<unknown>((inner, step) => (inner as Record<string, unknown>)[step], copy);
    const last = steps.at(-1)!;
    (holder as Record<string, string>)[last] = change((holder as Record<string, string>)[last]!);
  }
  return copy.whole as T;
}
