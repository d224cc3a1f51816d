import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Unreadable } from '../../files/read-text.js';
import { isMap } from '../../schema/words.js';
import type { Path } from '../../values.js';
import type { Diagnostic, SourceRange } from '../text/diagnostic.js';
import type { Places } from '../text/places.js';
import { type Merged, merge, type Origin, partOf, pointlessNulls, withoutNulls } from './merge.js';

/** What one file says, and where. */
export interface ReadContent {
  readonly value: unknown;
  readonly places: Places;
  /** What is wrong with its text. After a fatal mistake there is no value. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a file. */
export type ReadFile = (path: string, shown: string) => Promise<ReadContent | Unreadable>;

/** A mistake after which the rest of a file can't be checked: it would be full of consequences. */
export const isFatal = ({ code }: Diagnostic): boolean => !softCodes.includes(code);
const softCodes = ['E_DUPLICATE', 'E_NUMBER', 'E_TEXT', 'E_EXPRESSION', 'E_NOTHING'];

/**
 * A file with the files that it extends: what it says comes over what they say, and a later one of them over an earlier
 * one. Axes and params are replaced by name, stages section by section, their `with:` and `inputs:` by name; a stage that
 * is null is left out, with what is expected of it, and so is an input; expectations of the same thing replace theirs.
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
): Promise<ReadContent> {
  const own = await read(path, shown);
  if ('why' in own) throw new TypeError(`${shown} has been read before`);
  const reader = new Extending(folder, read);
  const merged = await reader.extend(own, [{ path, shown }]);
  const diagnostics = [...own.diagnostics, ...reader.diagnostics];
  if (diagnostics.some(isFatal)) return { value: undefined, places: own.places, diagnostics };
  const { value, origin } = withoutNulls(merged);
  // A file that extends none has all of its places itself.
  const places = origin.parts === undefined ? origin.places : new MergedPlaces(origin, own.places.file);
  return { value, places, diagnostics };
}

interface Opened {
  readonly path: string;
  readonly shown: string;
}

class Extending {
  readonly diagnostics: Diagnostic[] = [];
  /** Each file once: files that extend the same ones would be read over and over. */
  readonly #known = new Map<string, Merged | undefined>();

  constructor(
    /** That paths become relative to. */
    readonly folder: string,
    readonly read: ReadFile,
  ) {}

  async extend(file: ReadContent, open: readonly Opened[]): Promise<Merged> {
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
    if (merged !== undefined) this.diagnostics.push(...pointlessNulls(merged.value, rest, places));
    return merged === undefined ? own : merge(merged, { value: rest, origin: own.origin }, []);
  }

  async #open(name: string, range: SourceRange, open: readonly Opened[]): Promise<Merged | undefined> {
    const from = open.at(-1)!;
    const opened = {
      path: resolve(dirname(from.path), name),
      shown: isAbsolute(name) ? name : join(dirname(from.shown), name),
    };
    const start = open.findIndex(({ path }) => path === opened.path);
    if (start >= 0) {
      const circle = [...open.slice(start), opened].map(({ shown }) => shown).join(' → ');
      this.#report('E_CYCLE', `The files extend each other: ${circle}.`, range, 'remove one of these `extends:`');
      return undefined;
    }
    if (this.#known.has(opened.path)) return this.#known.get(opened.path);
    const found = await this.#base(name, opened, range, open);
    this.#known.set(opened.path, found);
    return found;
  }

  async #base(name: string, opened: Opened, range: SourceRange, open: readonly Opened[]): Promise<Merged | undefined> {
    const file = await this.read(opened.path, opened.shown);
    if ('why' in file) {
      const hint = file.hint ?? `paths are relative to the file that names them: looked for ${opened.path}`;
      this.#report('E_FILE', `"${name}" can't be read: ${file.why}.`, range, hint);
      return undefined;
    }
    this.diagnostics.push(...file.diagnostics);
    if (file.diagnostics.some(isFatal)) return undefined;
    if (!isMap(file.value)) {
      this.#report('E_TYPE', `"${name}" is not a pipeline file: it must be a map.`, range, undefined);
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
