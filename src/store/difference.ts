import { closeSync, openSync, readSync } from 'node:fs';
import type { Tree } from './tree.js';

const chunk = 1 << 20;

/** The first difference between two artifacts of different digests, in words: `sub/a.txt differs from byte 12 on`. */
export function firstDifference(before: Tree, now: Tree): string {
  const [old, fresh] = [before, now].map(({ files }) => new Map(files.map((file) => [file.path, file])));
  for (const path of [...new Set([...old!.keys(), ...fresh!.keys()])].sort()) {
    const [a, b] = [old!.get(path), fresh!.get(path)];
    const name = path === '' ? 'it' : path;
    if (a === undefined) return `${name} is new`;
    if (b === undefined) return `${name} is missing`;
    if (a.digest !== b.digest) return `${name} ${differingByte(a.blob, b.blob)}`;
    if (a.executable !== b.executable) return `${name} is ${b.executable ? 'executable' : 'no longer executable'}`;
  }
  const [oldLinks, links] = [before, now].map((tree) => new Map(tree.links.map(({ path, target }) => [path, target])));
  for (const path of [...new Set([...oldLinks!.keys(), ...links!.keys()])].sort()) {
    const [a, b] = [oldLinks!.get(path), links!.get(path)];
    if (a === undefined) return `the link ${path} → ${b} is new`;
    if (b === undefined) return `the link ${path} → ${a} is missing`;
    if (a !== b) return `the link ${path} leads to ${b}, and led to ${a}`;
  }
  const [gone, added] = [missingIn(now.folders, before.folders), missingIn(before.folders, now.folders)];
  return added === undefined ? `the empty folder ${gone!} is missing` : `the empty folder ${added} is new`;
}

/** The first of `others` that is not among `paths`. */
function missingIn(paths: readonly string[], others: readonly string[]): string | undefined {
  const known = new Set(paths);
  return others.find((path) => !known.has(path));
}

/** `differs from byte 12 on (0x41 before, 0x42 now)`. */
function differingByte(before: string, now: string): string {
  const files = [openSync(before, 'r'), openSync(now, 'r')] as const;
  try {
    for (let start = 0; ; start += chunk) {
      const [a, b] = [readChunk(files[0], start), readChunk(files[1], start)];
      const at = a.findIndex((byte, i) => byte !== b[i]);
      if (at >= 0 && at < b.length)
        return `differs from byte ${start + at} on (${hex(a[at]!)} before, ${hex(b[at]!)} now)`;
      if (a.length > b.length) return `ends at byte ${start + b.length} and was longer`;
      if (a.length < b.length) return `goes on after byte ${start + a.length}, where it ended`;
    }
  } finally {
    for (const file of files) closeSync(file);
  }
}

function readChunk(file: number, start: number): Buffer {
  const buffer = Buffer.alloc(chunk);
  return buffer.subarray(0, readSync(file, buffer, 0, chunk, start));
}

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`;
