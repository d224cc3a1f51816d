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

type Place = readonly (string | number)[];

/** Where in a value of this schema paths are. */
export function filePathsIn(schema: TSchema, value: unknown): Place[] {
  return textsIn(schema, value, ({ $comment }) => $comment === mark);
}

/** Where in a value of this schema texts are that may be anything, paths too, without being declared as such. */
export function plainTextsIn(schema: TSchema, value: unknown): Place[] {
  const paths = new Set(filePathsIn(schema, value).map(String));
  const isPlain = ({ type, ...rest }: TSchema) =>
    type === 'string' && rest.enum === undefined && rest.const === undefined;
  return textsIn(schema, value, isPlain).filter((place) => !paths.has(String(place)));
}

function textsIn(schema: TSchema, value: unknown, isWanted: (schema: TSchema) => boolean): Place[] {
  if (typeof value === 'string' && isWanted(schema)) return [[]];
  const branches = (schema.anyOf ?? []) as readonly TSchema[];
  const found = branches.flatMap((branch) => textsIn(branch, value, isWanted));
  if (typeof value !== 'object' || value === null) return found;
  const properties = (schema.properties ?? {}) as Readonly<Record<string, TSchema>>;
  for (const [key, item] of Object.entries(value) as [string, unknown][]) {
    const inner = Array.isArray(value) ? (schema.items as TSchema | undefined) : properties[key];
    const step = Array.isArray(value) ? Number(key) : key;
    if (inner !== undefined) found.push(...textsIn(inner, item, isWanted).map((path) => [step, ...path]));
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
