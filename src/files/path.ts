import { relative, resolve, sep } from 'node:path';

/** True if a path lies in a folder. */
export function isBelow(folder: string, path: string): boolean {
  const from = relative(folder, path);
  return from !== '' && from !== '..' && !from.startsWith(`..${sep}`) && resolve(folder, from) === path;
}

/** The same path with `/` between its parts, on Windows too. */
export function toPosix(path: string): string {
  return path.split(sep).join('/');
}
