import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Store } from '../../src/store/store.js';
import type { TaskKey } from '../../src/store/types.js';
import { listFiles, testFolder } from './folder.js';
import { buildProgram, start } from './programs/start.js';

it('survives writers killed at any moment: nothing is wrong, nothing is left over', async () => {
  const folder = testFolder();
  const program = buildProgram('writer', folder);
  const artifacts = join(folder, 'artifacts');
  for (let round = 0; round < 8; round++) {
    const writers = ['a', 'b', 'c'].map((name) => start(program, [folder, name]));
    await Promise.all(writers.map((writer) => writer.line()));
    await new Promise((resolve) => setTimeout(resolve, (round * 37) % 61));
    for (const writer of writers) writer.process.kill('SIGKILL');
    await Promise.all(writers.map((writer) => writer.finish()));

    const store = Store.open(artifacts);
    expect(readdirSync(join(artifacts, 'store/tmp'))).toEqual([]);
    const keys = listFiles(join(artifacts, 'store/records')).map((path) => path.slice(3, 3 + 64) as TaskKey);
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      const record = await store.record(key);
      expect(record?.key).toBe(key);
      for (const output of Object.values(record!.outputs)) expect(await store.problemOf(output)).toBeUndefined();
      const state = await store.resumePoint(key).load();
      expect(state === undefined || (state.length === 5000 && new Set(state).size === 1)).toBe(true);
    }
    for (const path of listFiles(join(artifacts, 'race')).filter((path) => path.startsWith('make')))
      expect(readFileSync(join(artifacts, 'race', path), 'utf8')).toMatch(/^(result|a|sub\/b) \d\.*$/);
    expect(readdirSync(join(artifacts, 'store'))).not.toContain('quarantine');
  }
});
