import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Pipeline } from '../../src/pipeline/expand/task.js';
import { loadPipeline } from '../../src/pipeline/load.js';
import { Planner } from '../../src/run/plan/planner.js';
import { describeStage } from '../../src/stage/describe.js';
import { Store } from '../../src/store/store.js';
import { tinyPipeline } from './pipeline.js';
import { randomFrom } from './random.js';
import { type Rig, withRig } from './rig.js';

/** Tasks that the plan takes from the store, which is newly opened. The pipeline is always the same. */
async function hits(rig: Rig, pipeline: Pipeline): Promise<string[]> {
  const plans = await new Planner(pipeline, Store.open(rig.path('artifacts'))).plan();
  return [...plans].filter(([, { result }]) => result !== undefined).map(([task]) => task);
}

// What other runners restore as if nothing had happened: an edited file in the cache, a single bit of an archive.
describe('a changed byte', () => {
  it.for(['blobs', 'records'] as const)('anywhere in any of the %s is never a hit', async (kind) => {
    await withRig(async (rig) => {
      await rig.runHere();
      const { pipeline } = await loadPipeline(rig.path('p.yaml'), { resolveStage: describeStage });
      const all = await hits(rig, pipeline!);
      expect(all).toEqual(tinyPipeline.tasks);
      const random = randomFrom(`flips of ${kind}`);
      let flips = 0;
      for (const path of rig.stored(kind)) {
        const good = readFileSync(rig.path(path));
        for (let position = 0; position < good.length; position++) {
          const bad = Buffer.from(good);
          bad[position]! ^= 1 << Math.floor(random() * 8);
          write(rig.path(path), bad);
          expect(await hits(rig, pipeline!), `byte ${position} of ${path}`).not.toEqual(all);
          write(rig.path(path), good);
          flips++;
        }
      }
      expect(flips).toBeGreaterThan(300);
      expect(await hits(rig, pipeline!)).toEqual(all);
    }, tinyPipeline);
  });
});

/** Puts bytes where a file is, or was before it was set aside. */
function write(path: string, bytes: Uint8Array): void {
  try {
    chmodSync(path, 0o644);
  } catch {
    // It was set aside.
  }
  writeFileSync(path, bytes);
}
