import { describe, expect, it } from 'vitest';
import { createLimit } from '../../src/files/limit.js';
import { ownMistake, type Result } from '../e2e/program.js';
import { fuzz } from '../fuzz.js';
import { largePipeline } from './pipeline.js';
import { failing, type Rig, type Snapshot, withRig } from './rig.js';

const rigsAtATime = 3;
/** Places that are tried, spread over all; with SPIKELINE_FUZZ so many times as many. */
const { numRuns: places } = fuzz(24);

/** A call of the program; before one of its own on the store somebody removes a folder of it. */
const call = (rig: Rig, args: readonly string[], n: number, folder: string) =>
  rig.run(args, failing(rig.path('artifacts'), `GONE ${n} ${folder}`, rig.path('calls')));

/** It may be done without it, or fail: in words, which are none of a mistake of this program's. */
function expectTold({ code, out, err }: Result): void {
  const text = out + err;
  expect(text).not.toMatch(/^\s+at .*[:(]\d+/m);
  expect(text).not.toMatch(ownMistake);
  expect([0, 1], text).toContain(code);
}

/** What is done at many of the program's calls on the store. */
interface Trial {
  readonly args: readonly string[];
  readonly folder: string;
  readonly prepare?: (rig: Rig) => Promise<unknown>;
  readonly after?: (rig: Rig, undisturbed: Snapshot) => Promise<unknown>;
}

/** @returns what came of the calls that went wrong */
async function atEach({ args, folder, prepare, after }: Trial): Promise<string[]> {
  const { calls, undisturbed } = await withRig(async (rig) => {
    await prepare?.(rig);
    expectTold(await call(rig, args, Number.MAX_SAFE_INTEGER, ''));
    return { calls: Number(rig.read('calls')), undisturbed: rig.snapshot() };
  }, largePipeline);
  expect(calls).toBeGreaterThan(5);
  const limit = createLimit(rigsAtATime);
  const trial = (n: number) => async (rig: Rig) => {
    await prepare?.(rig);
    expectTold(await call(rig, args, n, folder));
    await after?.(rig, undisturbed);
  };
  const every = Math.max(1, Math.floor(calls / places));
  const chosen = Array.from({ length: Math.ceil(calls / every) }, (_, i) => 1 + i * every);
  const problems = await Promise.all(
    chosen.map((n) =>
      limit(() =>
        withRig(trial(n), largePipeline).then(
          () => [],
          (error: Error) => [`call ${n} of ${calls}: ${error.message}`],
        ),
      ),
    ),
  );
  return problems.flat();
}

describe('a store that is removed while it is used', () => {
  it.for(['', 'store/blobs'])('in a run (%s): it is said, and the next run makes all of it', async (folder) => {
    const problems = await atEach({
      args: ['run', 'p.yaml'],
      folder,
      after: async (rig, undisturbed) => {
        await rig.runHere();
        expect(rig.snapshot()).toEqual(undisturbed);
      },
    });
    expect(problems).toEqual([]);
  });
});
