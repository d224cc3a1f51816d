import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Diagnostic, SourceRange } from './diagnostic.js';
import type { Path, Places } from './places.js';
import type { Unreadable } from './read-text.js';
import { isMap } from './words.js';

/** What one file says, and where. */
export interface FileContent {
  readonly value: unknown;
  readonly places: Places;
  /** What is wrong with its text. After a fatal mistake there is no value. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a file. */
export type ReadFile = (path: string, shown: string) => Promise<FileContent | Unreadable>;

/** A mistake after which the rest of a file can't be checked: it would be full of consequences. */
export const isFatal = ({ code }: Diagnostic): boolean => !softCodes.includes(code);
const softCodes = ['E_DUPLICATE', 'E_NUMBER', 'E_TEXT', 'E_EXPRESSION'];

/** A value made of parts of several files. */
interface Merged {
  readonly value: unknown;
  readonly origin: Origin;
}

/** Where a value is said; the parts of a map may be said elsewhere. */
interface Origin {
  readonly places: Places;
  readonly path: Path;
  readonly parts?: ReadonlyMap<string | number, Origin>;
}

/**
 * A file with the files that it extends: what it says comes over what they say, and a later one of them over an earlier
 * one. Axes and params are replaced by name, stages section by section, their `with:` and `inputs:` by name; a stage that
 * is null is left out, with what is expected of it; expectations are all kept.
 *
 * @param path absolute
 * @param shown the file as the user calls it
 * @param folder that paths in the files become relative to
 */
export async function readExtended(
  path: string,
  shown: string,
  read: ReadFile,
  folder: string = dirname(path),
): Promise<FileContent> {
  const own = await read(path, shown);
  if ('why' in own) throw new TypeError(`${shown} has been read before`);
  const reader = new Extending(folder, read);
  const merged = await reader.extend(own, [{ path, shown }]);
  const diagnostics = [...own.diagnostics, ...reader.diagnostics];
  if (diagnostics.some(isFatal)) return { value: undefined, places: own.places, diagnostics };
  const { value, origin } = withoutNulls(merged);
  return { value, places: new MergedPlaces(origin, own.places.file), diagnostics };
}

interface Opened {
  readonly path: string;
  readonly shown: string;
}

class Extending {
  readonly diagnostics: Diagnostic[] = [];

  constructor(
    /** That paths become relative to. */
    readonly folder: string,
    readonly read: ReadFile,
  ) {}

  async extend(file: FileContent, open: readonly Opened[]): Promise<Merged> {
    const { places } = file;
    const value = moved(file.value, dirname(open.at(-1)!.path), this.folder);
    const own: Merged = { value, origin: { places, path: [] } };
    if (!isMap(value) || value.extends === undefined) return own;
    const list = Array.isArray(value.extends);
    const names = list ? (value.extends as unknown[]) : [value.extends];
    // What is no list of names is reported with the file's other mistakes.
    if (!names.every((name) => typeof name === 'string')) return own;
    let merged: Merged | undefined;
    for (const [index, name] of names.entries()) {
      const base = await this.#open(name, places.range(list ? ['extends', index] : ['extends']), open);
      if (base !== undefined) merged = merged === undefined ? base : merge(merged, base, []);
    }
    const { extends: _, ...rest } = value;
    return merged === undefined ? own : merge(merged, { value: rest, origin: own.origin }, []);
  }

  async #open(name: string, range: SourceRange, open: readonly Opened[]): Promise<Merged | undefined> {
    const from = open.at(-1)!;
    const opened = { path: resolve(dirname(from.path), name), shown: join(dirname(from.shown), name) };
    const start = open.findIndex(({ path }) => path === opened.path);
    if (start >= 0) {
      const circle = [...open.slice(start), opened].map(({ shown }) => shown).join(' → ');
      this.#report('E_CYCLE', `The files extend each other: ${circle}.`, range, 'remove one of these `extends:`');
      return undefined;
    }
    const file = await this.read(opened.path, opened.shown);
    if ('why' in file) {
      const hint = file.hint ?? `paths are relative to the file that names them: looked for ${opened.path}`;
      this.#report('E_FILE', `"${name}" can't be read: ${file.why}.`, range, hint);
      return undefined;
    }
    this.diagnostics.push(...file.diagnostics);
    if (file.diagnostics.some(isFatal)) return undefined;
    if (!isMap(file.value)) {
      this.#report('E_TYPE', `"${name}" is no pipeline file: it must be a map.`, range, undefined);
      return undefined;
    }
    const merged = await this.extend(file, [...open, opened]);
    const { name: _, description: __, ...value } = merged.value as Record<string, unknown>;
    return { value, origin: merged.origin };
  }

  #report(code: string, message: string, range: SourceRange, hint: string | undefined): void {
    this.diagnostics.push({ severity: 'error', code, message, range, ...(hint === undefined ? {} : { hint }) });
  }
}

/** Is the map at this path put together from both sides? Elsewhere the second one replaces the first. */
function isShared(path: Path): boolean {
  const [top, , section] = path;
  if (path.length <= 1)
    return top === undefined || ['params', 'axes', 'profiles', 'include', 'slurm', 'stages'].includes(String(top));
  if (path.length === 2) return top === 'stages' || top === 'profiles';
  return path.length === 3 && top === 'stages' && (section === 'with' || section === 'inputs');
}

function merge(below: Merged, above: Merged, path: Path): Merged {
  if (path.length === 1 && path[0] === 'expect' && Array.isArray(below.value) && Array.isArray(above.value)) {
    const items = [below, above].flatMap(({ value, origin }) => (value as unknown[]).map((_, i) => partOf(origin, i)));
    return {
      value: [...(below.value as unknown[]), ...(above.value as unknown[])],
      origin: { ...above.origin, parts: new Map(items.entries()) },
    };
  }
  const [first, second] = [below.value, above.value];
  if (!isMap(first) || !isMap(second) || !isShared(path)) return above;
  const replaced = path.length === 2 && path[0] === 'stages' ? replacedSections(first, second) : [];
  const value: Record<string, unknown> = {};
  const parts = new Map<string | number, Origin>();
  for (const key of new Set([...Object.keys(first), ...Object.keys(second)])) {
    const [has, hadBefore] = [Object.hasOwn(second, key), Object.hasOwn(first, key) && !replaced.includes(key)];
    if (!has && !hadBefore) continue;
    const under = { value: first[key], origin: partOf(below.origin, key) };
    const over = { value: second[key], origin: partOf(above.origin, key) };
    const part = has && hadBefore ? merge(under, over, [...path, key]) : has ? over : under;
    value[key] = part.value;
    parts.set(key, part.origin);
  }
  return { value, origin: { ...above.origin, parts } };
}

/** A stage that becomes another one, or a command, has no use for the parameters and outputs of what it was. */
function replacedSections(first: Record<string, unknown>, second: Record<string, unknown>): readonly string[] {
  if (second.run !== undefined) return ['uses', 'with'];
  return second.uses !== undefined && second.uses !== first.uses ? ['run', 'with', 'outputs'] : [];
}

function partOf({ places, path, parts }: Origin, key: string | number): Origin {
  return parts?.get(key) ?? { places, path: [...path, key] };
}

/** Without stages that are null, and what is expected of them. */
function withoutNulls(merged: Merged): Merged {
  const { value, origin } = merged;
  // A file that extends none has nothing to leave out.
  if (origin.parts === undefined || !isMap(value) || !isMap(value.stages)) return merged;
  const entries = Object.entries(value.stages);
  const stages = entries.filter(([, stage]) => stage !== null);
  const gone = entries.flatMap(([name, stage]) => (stage === null ? [name] : []));
  if (gone.length === 0) return merged;
  const speaksOfGone = (line: unknown): boolean =>
    isMap(line) && (gone.includes(String(line.stage)) || speaksOfGone(line.equals));
  const lines = Array.isArray(value.expect) ? [...(value.expect as unknown[]).entries()] : [];
  const kept = lines.filter(([, line]) => !speaksOfGone(line));
  const all = partOf(origin, 'expect');
  const expect: Origin = { ...all, parts: new Map(kept.map(([index], at) => [at, partOf(all, index)])) };
  return {
    value: {
      ...value,
      stages: Object.fromEntries(stages) as unknown,
      ...(lines.length > 0 ? { expect: kept.map(([, line]) => line) } : {}),
    },
    origin: { ...origin, parts: new Map([...origin.parts, ['expect', expect]]) },
  };
}

/** What a file of another folder says, with the paths in it relative to this one. */
function moved(value: unknown, from: string, to: string): unknown {
  if (from === to || !isMap(value)) return value;
  const move = (path: string) => {
    const result = relative(to, resolve(from, path)).split(sep).join('/');
    return result.startsWith('.') ? result : `./${result}`;
  };
  const { include, stages, cache } = value;
  return {
    ...value,
    ...(isMap(cache) && typeof cache.remote === 'string'
      ? { cache: { ...cache, remote: movedRemote(cache.remote, move) } }
      : {}),
    ...(isMap(include)
      ? { include: mapValues(include, (file) => (typeof file === 'string' ? move(file) : file)) }
      : {}),
    ...(isMap(stages)
      ? { stages: mapValues(stages, (stage) => (isMap(stage) ? movedStage(stage, move) : stage)) }
      : {}),
  };
}

/** Folders of caches that are said relative to the file. */
function movedRemote(remote: string, move: (path: string) => string): string {
  const folder = /^file:(?![/~])(.+)$/.exec(remote)?.[1];
  return folder === undefined ? remote : `file:${move(folder)}`;
}

function movedStage(stage: Readonly<Record<string, unknown>>, move: (path: string) => string): unknown {
  const { uses, inputs } = stage;
  const isOwn = typeof uses === 'string' && /^\.{1,2}\//.test(uses);
  const movedInput = (said: unknown) =>
    isMap(said) && typeof said.file === 'string' && !isAbsolute(said.file) ? { ...said, file: move(said.file) } : said;
  return {
    ...stage,
    ...(isOwn ? { uses: move(uses) } : {}),
    ...(isMap(inputs) ? { inputs: mapValues(inputs, movedInput) } : {}),
  };
}

function mapValues(
  map: Readonly<Record<string, unknown>>,
  change: (value: unknown) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

/** Places in whichever file says a thing. */
class MergedPlaces implements Places {
  constructor(
    readonly origin: Origin,
    readonly file: string,
  ) {}

  range(path: Path): SourceRange {
    const { places, path: there } = this.#find(path);
    return places.range(there);
  }

  keyRange(path: Path): SourceRange {
    const { places, path: there } = this.#find(path);
    return places.keyRange(there);
  }

  partRange(path: Path, part: Parameters<Places['partRange']>[1]): SourceRange {
    const { places, path: there } = this.#find(path);
    return places.partRange(there, part);
  }

  #find(path: Path): Origin {
    let found = this.origin;
    for (const step of path) found = partOf(found, step);
    return found;
  }
}
