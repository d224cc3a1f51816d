import { describe, expect, it } from 'vitest';
import { createLimit } from '../../src/files/limit.js';
import { tinyPipeline } from './pipeline.js';
import { expectBorneOrTold, failing, type Rig, withRig } from './rig.js';

const rigsAtATime = 3;

/** Runs the program with a call that writes to the store failing. */
const runFailing = (rig: Rig, fault: string) =>
  rig.run(['run', 'p.yaml'], failing(rig.path('artifacts'), fault, rig.path('calls')));

describe('failing writes', () => {
  it.for([
    ['EIO', '', 1],
    ['KILL', '', 1],
    // What handles the first one is the same as with EIO: every third tells what comes of those after it.
    ['ENOSPC', '+', 3],
  ] as const)('%s%s at every one, or every %i: it is said, nothing wrong is kept', async ([code, onwards, every]) => {
    const { calls, clean } = await withRig(async (rig) => {
      expect((await runFailing(rig, `${code} ${Number.MAX_SAFE_INTEGER}`)).code).toBe(0);
      return { calls: Number(rig.read('calls')), clean: rig.snapshot() };
    }, tinyPipeline);
    expect(calls).toBeGreaterThan(50);
    const limit = createLimit(rigsAtATime);
    const check = (n: number) => async (rig: Rig) => {
      const result = await runFailing(rig, `${code} ${n}${onwards}`);
      if (code !== 'KILL') expectBorneOrTold(result);
      rig.expectPartOf(clean);
      if (result.code === 0) expect(rig.tree()).toEqual(clean.tree);
      await rig.runHere();
      expect(rig.snapshot()).toEqual(clean);
    };
    const problems = await Promise.all(
      Array.from({ length: Math.ceil(calls / every) }, (_, i) =>
        limit(() =>
          withRig(check(every * i + 1), tinyPipeline).then(
            () => [],
            (error: Error) => [`call ${every * i + 1}: ${error.message}`],
          ),
        ),
      ),
    );
    expect(problems.flat()).toEqual([]);
  });
});
