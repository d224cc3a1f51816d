import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
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

/** Processes whose command line has the mark in it, but for those of this test. */
function marked(mark: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(mark);
    } catch {
      return false;
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
    expect(marked(mark).length).toBeGreaterThan(4);
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
