import { closeSync, readSync } from 'node:fs';
import { openRegularFile } from '../../files/regular-file.js';
import { logText } from '../../text/printable.js';

/** What is shown of a log at once: no more lines, bytes, and characters of a line. */
const lines = 20;
const bytes = 16 * 1024;
const characters = 300;

/** The last lines of a log, to be read; none where it is empty, or can't be read. */
export function tailOf(log: string): readonly string[] {
  try {
    const { descriptor, stats } = openRegularFile(log);
    try {
      const { size } = stats;
      const start = Math.max(0, size - bytes);
      const end = Buffer.alloc(Math.min(size, bytes));
      const text = end.toString('utf8', 0, readSync(descriptor, end, 0, end.length, start));
      const all = logText(text).trimEnd().split('\n');
      // The first line has lost its beginning.
      const whole = start > 0 && all.length > 1 ? all.slice(1) : all;
      return whole.join('') === '' ? [] : whole.slice(-lines).map(cut);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return [];
  }
}

function cut(line: string): string {
  return line.length > characters ? `${line.slice(0, characters - 1)}…` : line;
}
