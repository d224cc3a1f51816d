import { sep } from 'node:path';

// What a folder may hold, whoever lists it: what a task has made is held to the same rules as what a remote sends, so
// that every folder that is kept can be given to others, on every system.

/** In bytes of UTF-8: what common file systems take. */
const longestName = 255;
const longestPath = 4095;
const deepest = 256;
/** Files and folders together. */
const mostEntries = 1_000_000;

const controls = /[\u0000-\u001f\u007f-\u009f]/;

/** Why a path can't be one of a folder, in words that follow it; undefined if it can: then it leads nowhere else. */
export function pathProblem(path: unknown): string | undefined {
  if (typeof path !== 'string') return 'is not text';
  if (!path.isWellFormed()) return 'is not Unicode';
  if (controls.test(path)) return 'has a control character';
  if (path.includes('\\')) return 'has a backslash';
  if (sep === '\\' && path.includes(':')) return 'has a colon';
  if (isLonger(path, longestPath)) return `is longer than ${longestPath} bytes`;
  const names = path.split('/');
  if (names.length > deepest) return `is more than ${deepest} folders deep`;
  if (names.includes('')) return 'has an empty name';
  const dots = names.find((name) => name === '.' || name === '..');
  if (dots !== undefined) return `has the name "${dots}"`;
  if (names.some((name) => isLonger(name, longestName))) return `has a name longer than ${longestName} bytes`;
  return undefined;
}

/** Why a link can't be one of a folder, in words that follow its target; undefined if it can: then it stays inside. */
export function linkProblem(path: string, target: unknown): string | undefined {
  if (typeof target !== 'string') return 'is not text';
  if (target === '.') return undefined;
  const names = target.split('/');
  const down = names.findIndex((name) => name !== '..');
  const ups = down < 0 ? names.length : down;
  // What a link lies in are folders, and no links: as many steps lead up, and no link on the way down leads further.
  if (ups > path.split('/').length - 1) return 'leads out of the folder';
  return down < 0 ? undefined : pathProblem(names.slice(down).join('/'));
}

/**
 * Why paths, each of them good, can't be those of one folder, in words that follow `it`.
 *
 * @param paths of files, of empty folders, and of links, in any order
 */
export function pathsProblem(paths: readonly string[]): string | undefined {
  // Sorted with the lowest character in the place of the slash, what lies in a folder comes right after it. So each
  // path need be compared with the one before it alone.
  const sorted = paths.map((path) => path.replaceAll('/', '\0')).sort();
  let entries = 0;
  let before = '';
  for (const path of sorted) {
    if (path === before) return 'names a place twice';
    let same = 0;
    while (same < before.length && path[same] === before[same]) same++;
    if (before !== '' && same === before.length && path[same] === '\0')
      return 'has something inside of a file, a link or an empty folder';
    entries++;
    for (let at = path.indexOf('\0', same); at >= 0; at = path.indexOf('\0', at + 1)) entries++;
    if (entries > mostEntries) return `has more than ${mostEntries} files and folders`;
    before = path;
  }
  return undefined;
}

/** True if a text is longer than so many bytes of UTF-8, of which a code unit takes three at most. */
function isLonger(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && Buffer.byteLength(text) > bytes;
}

/** True if texts are in order, by UTF-16 code units, and each of them is there once. */
export function isSorted(texts: readonly string[]): boolean {
  return texts.every((text, index) => index === 0 || texts[index - 1]! < text);
}
