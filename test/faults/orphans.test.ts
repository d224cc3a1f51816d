import { readdirSync, readFileSync } from 'node:fs';
import { describe } from 'vitest';
import { type Sandbox, test, until } from '../e2e/program.js';

/** Commands that start what lasts: in the background, in a chain of shells, and such as will not hear. Two run at once. */
const pipeline = (mark: string) => `name: orphans
stages:
  background:
    run: >-
      sleep ${mark}1 & (sh -c "sh -c 'sleep ${mark}2; true'; true" &) ; sleep ${mark}3 & echo > a; wait; true
    outputs: { x: x }
  deaf: { run: 'trap "" TERM INT HUP; sleep ${mark}4 & echo > b; while :; do sleep ${mark}5; done', outputs: { x: x } }
`;

/** Command lines that have the mark in them, of all that runs. */
function marked(mark: string): string[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      return line.includes(mark) ? [line] : [];
    } catch {
      return [];
    }
  });
}

/** A number of seconds that nobody else sleeps. */
const markOf = (box: Sandbox) => `7${box.folder.replaceAll(/\D/g, '').slice(-3)}${process.pid}`;

describe.skipIf(process.platform !== 'linux')('nothing is left running', () => {
  test.for([
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGTERM'],
    ['SIGKILL', undefined],
  ] as const)('after %s', async ([signal, again], { box }) => {
    const mark = markOf(box);
    box.write('p.yaml', pipeline(mark));
    const running = box.start(['run', 'p.yaml']);
    await until(() => ['a', 'b'].every((name) => box.has(name)), 'commands run');
    // What a shell starts in the background is there some time after the shell has gone on.
    await until(() => marked(mark).filter((line) => line.startsWith('sleep\0')).length === 5, 'all five sleep');
    running.child.kill(signal);
    if (again !== undefined) {
      await until(() => running.out.includes('interrupted'), 'the first one is heard');
      await new Promise((resolve) => setTimeout(resolve, 400));
      running.child.kill(again);
    }
    await running.result;
    await until(() => marked(mark).length === 0, 'all of them are gone');
  });
});
