import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { logText } from '../../text/printable.js';

/** What is shown of a log at once: no more lines, bytes, and characters of a line. */
const lines = 20;
const bytes = 16 * 1024;
const characters = 300;

/** The last lines of a log, to be read; none where it is empty, or can't be read. */
export function tailOf(log: string): readonly string[] {
  try {
    const file = openSync(log, 'r');
    try {
      const { size } = fstatSync(file);
      const start = Math.max(0, size - bytes);
      const end = Buffer.alloc(Math.min(size, bytes));
      const text = end.toString('utf8', 0, readSync(file, end, 0, end.length, start));
      const all = logText(text).trimEnd().split('\n');
      // The first line has lost its beginning.
      const whole = start > 0 && all.length > 1 ? all.slice(1) : all;
      return whole.join('') === '' ? [] : whole.slice(-lines).map(cut);
    } finally {
      closeSync(file);
    }
  } catch {
    return [];
  }
}

function cut(line: string): string {
  return line.length > characters ? `${line.slice(0, characters - 1)}…` : line;
}
