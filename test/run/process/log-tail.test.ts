import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tailOf } from '../../../src/run/process/log-tail.js';
import { testFolder } from '../../store/folder.js';

function tail(text: string): readonly string[] {
  const file = join(testFolder(), 'a.log');
  writeFileSync(file, text);
  return tailOf(file);
}

it('of a log is its last lines, without what terminals obey', () => {
  expect(tail('')).toEqual([]);
  expect(tail('\n\n')).toEqual([]);
  expect(tailOf('none.log')).toEqual([]);
  const colours = 'one\n\x1b[31mError:\x1b[0m bad\x1b]8;;http://x\x07\r\n 10 %\r 20 %\nbell \x07 and \x9b2Jeight\n';
  expect(tail(colours)).toEqual(['one', 'Error: bad', ' 10 %', ' 20 %', 'bell ␇ and eight']);
});

it('has bounds, whatever was written', () => {
  const many = Array.from({ length: 5000 }, (_, line) => `line ${line}`);
  expect(tail(many.join('\n'))).toEqual(many.slice(-20));
  // A line that has lost its beginning is left out, unless there is no other.
  const long = tail(`${'x'.repeat(20_000)}\nend\n`);
  expect(long).toEqual(['end']);
  expect(tail('y'.repeat(20_000))).toEqual([`${'y'.repeat(299)}…`]);
});

it.skipIf(process.platform === 'win32')('is empty where the log is no file', () => {
  const pipe = join(testFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect([tailOf(pipe), tailOf(testFolder())]).toEqual([[], []]);
});
