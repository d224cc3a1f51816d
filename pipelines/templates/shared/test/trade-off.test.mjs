// Run it with `node --test test/*.test.mjs`.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadPipeline, results, run } from 'spikeline';

test('has a line for each simulation that is accurate enough', async () => {
  const artifacts = await mkdtemp(join(tmpdir(), 'trade-off-'));
  try {
    const pipeline = await loadPipeline(new URL('trade-off.yaml', import.meta.url), { artifacts });
    const { state } = await run(pipeline);
    assert.equal(state, 'done');

    const [result] = await results(pipeline, { targets: ['trade-off'] });
    assert.deepEqual(result.metrics, { points: 1 });
    const table = await readFile(result.outputs.table.path, 'utf8');
    assert.equal(table, 'point,accuracy,operations\nnoise=0,0.9,1200\n');
  } finally {
    await rm(artifacts, { recursive: true });
  }
});
