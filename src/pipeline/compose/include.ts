import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Unreadable } from '../../files/read-text.js';
import { isMap } from '../../schema/words.js';
import type { Diagnostic } from '../text/diagnostic.js';
import { type ReadContent, type ReadFile, readExtended } from './extend.js';

/** A pipeline file with those that it includes, none of them checked yet. */
export interface FileTree {
  readonly file: string;
  readonly content: ReadContent;
  /** By the names that `include:` gives them. A part that can't be read is missing. */
  readonly parts: ReadonlyMap<string, FileTree>;
}

/** What separates the name of a part from that of its stage: no name has it in itself. */
export const separator = '/';

/** Parts that a pipeline may have, those of its parts with them, and stages in all of these. */
const maximumParts = 1000;
const maximumStages = 100_000;

/** Reads each file once, however many files extend or include it. Each gets a copy: checks change what they are given. */
export function readOnce(read: ReadFile): ReadFile {
  const known = new Map<string, Promise<ReadContent | Unreadable>>();
  return async (path, shown) => {
    const before = known.get(path);
    if (before === undefined) {
      const first = read(path, shown);
      known.set(path, first);
      return first;
    }
    const content = await before;
    return 'why' in content ? content : { ...content, value: structuredClone(content.value) };
  };
}

/**
 * Reads a file with all that it extends and includes. Paths in all of them become relative to the folder of the first.
 *
 * @param path absolute
 * @param shown the file as the user calls it
 */
export async function readTree(
  path: string,
  shown: string,
  read: ReadFile,
): Promise<{ readonly tree: FileTree; readonly diagnostics: readonly Diagnostic[] }> {
  const diagnostics: Diagnostic[] = [];
  const folder = dirname(path);
  const count = { parts: 0, stages: 0, isTold: false };
  const visit = async (
    at: string,
    name: string,
    open: readonly { path: string; shown: string }[],
  ): Promise<FileTree> => {
    const content = await readExtended(at, name, read, folder);
    diagnostics.push(...content.diagnostics);
    count.parts++;
    count.stages += isMap(content.value) && isMap(content.value.stages) ? Object.keys(content.value.stages).length : 0;
    const parts = new Map<string, FileTree>();
    const chain = [...open, { path: at, shown: name }];
    for (const [part, file] of Object.entries(includedFiles(content.value))) {
      const range = content.places.range(['include', part]);
      const mistake = (code: string, message: string, hint: string) =>
        diagnostics.push({ severity: 'error', code, message, range, hint });
      const [target, called] = [resolve(folder, file), isAbsolute(file) ? file : join(dirname(shown), file)];
      const start = chain.findIndex((one) => one.path === target);
      if (start >= 0) {
        const circle = [...chain.slice(start).map((one) => one.shown), called].join(' → ');
        mistake('E_CYCLE', `The files include each other: ${circle}.`, 'remove one of these `include:`');
        continue;
      }
      if (count.parts > maximumParts || count.stages > maximumStages) {
        const most = `${maximumParts} parts or ${maximumStages} stages`;
        const hint = 'include a file once, and not by each of the files that include each other';
        if (!count.isTold) mistake('E_INCLUDE', `With this file there would be more than ${most}.`, hint);
        count.isTold = true;
        continue;
      }
      const found = await read(target, called);
      if ('why' in found) {
        const hint = found.hint ?? `paths are relative to the file that names them: looked for ${target}`;
        mistake('E_FILE', `"${file}" can't be read: ${found.why}.`, hint);
      } else parts.set(part, await visit(target, called, chain));
    }
    return { file: at, content, parts };
  };
  return { tree: await visit(path, shown, []), diagnostics };
}

/** Files of `include:`. What is no map of texts is reported with the file's other mistakes. */
function includedFiles(value: unknown): Readonly<Record<string, string>> {
  const include = isMap(value) ? value.include : undefined;
  if (!isMap(include)) return {};
  return Object.fromEntries(
    Object.entries(include).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** True if the file, or one that it includes, has such a profile, param or axis. */
export function declares(
  { content, parts }: FileTree,
  kinds: readonly ('profiles' | 'params' | 'axes')[],
  name: string,
): boolean {
  const { value } = content;
  const own = isMap(value) && kinds.some((kind) => isMap(value[kind]) && Object.hasOwn(value[kind], name));
  return own || [...parts.values()].some((part) => declares(part, kinds, name));
}

/** Names of profiles, params or axes of the files that a file includes. */
export function namesOfParts({ parts }: FileTree, kinds: readonly ('profiles' | 'params' | 'axes')[]): string[] {
  return [...parts.values()].flatMap((part) => {
    const { value } = part.content;
    const own = kinds.flatMap((kind) => (isMap(value) && isMap(value[kind]) ? Object.keys(value[kind]) : []));
    return [...own, ...namesOfParts(part, kinds)];
  });
}

/**
 * Shares out the pairs of `--set`: `part/name=value` goes to that part; a name that the file itself does not declare goes
 * to all parts that do. The rest is the file's own.
 */
export function shareSettings(
  tree: FileTree,
  set: readonly string[],
): { readonly own: readonly string[]; of(part: string): readonly string[] } {
  const own: string[] = [];
  const shares = new Map<string, string[]>();
  const give = (part: string, pair: string) => shares.set(part, [...(shares.get(part) ?? []), pair]);
  const self = { ...tree, parts: new Map<string, FileTree>() };
  for (const pair of set) {
    const name = pair.split('=')[0]!;
    const [first = '', ...rest] = name.split(separator);
    const takers = [...tree.parts].filter(([, part]) => declares(part, ['params', 'axes'], name));
    if (rest.length > 0 && tree.parts.has(first)) give(first, pair.slice(first.length + separator.length));
    else if (takers.length > 0 && !declares(self, ['params', 'axes'], name))
      for (const [part] of takers) give(part, pair);
    else own.push(pair);
  }
  return { own, of: (part) => shares.get(part) ?? [] };
}
