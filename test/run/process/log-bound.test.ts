import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LogBound } from '../../../src/run/process/log-bound.js';
import { testFolder } from '../../store/folder.js';

describe('LogBound', () => {
  it('keeps the start and the end of a log that gets too long, and says how much it left out in all', () => {
    const log = join(testFolder(), 'log');
    const bound = new LogBound({ most: 200, kept: 10 });
    writeFileSync(log, 'x'.repeat(200));
    const done = bound.watch(log);
    bound.look();
    expect(readFileSync(log, 'utf8')).toBe('x'.repeat(200));
    writeFileSync(log, `${'a'.repeat(10)}${'b'.repeat(300)}${'c'.repeat(10)}`);
    bound.look();
    const left = (bytes: number) => `\n--- ${bytes} bytes left out here: a log keeps its start and its end ---\n`;
    expect(readFileSync(log, 'utf8')).toBe(`aaaaaaaaaa${left(300)}cccccccccc`);
    appendFileSync(log, `${'d'.repeat(300)}eeeeeeeeee`);
    done();
    expect(readFileSync(log, 'utf8')).toBe(`aaaaaaaaaa${left(610)}eeeeeeeeee`);
    appendFileSync(log, 'f'.repeat(300));
    bound.look();
    expect(readFileSync(log, 'utf8')).toMatch(/f{300}$/);
  });

  it('bears that a log is gone', () => {
    const bound = new LogBound();
    const done = bound.watch(join(testFolder(), 'none'));
    expect(() => {
      bound.look();
      done();
    }).not.toThrow();
  });
});
