import { afterEach, describe, expect, it, vi } from 'vitest';
import { ResizableOutput } from '../../../src/run/views/resizable-output.js';

/** Standard output of a terminal of a given width, and what is written to it. */
function terminal(width: number) {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const before = Object.getOwnPropertyDescriptor(process.stdout, 'columns');
  const resize = (columns: number) =>
    Object.defineProperty(process.stdout, 'columns', { value: columns, configurable: true });
  resize(width);
  return {
    written,
    resize,
    restore: () => Object.defineProperty(process.stdout, 'columns', before ?? { value: undefined, configurable: true }),
  };
}

describe('output that is drawn over and over', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is as wide as the terminal is now, and erases what a narrower one has broken', () => {
    const { written, resize, restore } = terminal(80);
    try {
      const { stdout } = new ResizableOutput();
      expect(stdout.columns).toBe(80);
      stdout.write(`\x1b[32m${'a'.repeat(70)}\x1b[39m\nb\n`);
      stdout.write('again\n');
      expect(written.at(-1)).toBe('again\n');
      stdout.write(`${'c'.repeat(70)}\n${'d'.repeat(25)}\n`);
      resize(30);
      expect(stdout.columns).toBe(30);
      stdout.write('e\n');
      // 70 columns in 30 are three lines, two more than were written.
      expect(written.at(-1)).toBe('\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2K\x1b[Ge\n');
      stdout.write('f\n');
      expect(written.at(-1)).toBe('f\n');
    } finally {
      restore();
    }
  });
});
