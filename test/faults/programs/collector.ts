// Removes all it may from a store, over and over until its input ends; then says how much it was.
import { join } from 'node:path';
import type { Kept } from '../../../src/store/gc-trees.js';
import { Store } from '../../../src/store/store.js';
import type { TaskId } from '../../../src/values.js';

const [folder] = process.argv.slice(2) as [string];
const removed = { rounds: 0, results: 0, files: 0 };
let ended = false;
process.stdin.resume();
process.stdin.on('end', () => {
  ended = true;
});

while (!ended) {
  const store = Store.open(join(folder, 'artifacts'), { useInterval: 0 });
  // One point of one pipeline is kept, another one each time.
  const n = (removed.rounds % 5) + 1;
  const tasks = ['make', 'half', 'tell'].map((stage) => `${stage}@n=${n}` as TaskId);
  const keep: Kept[] = [
    { pipeline: removed.rounds % 2 === 0 ? 'left' : 'right', tasks: new Set(tasks), keys: new Set() },
  ];
  const report = await store.gc({ graceMs: 0, ...(removed.rounds % 3 === 0 ? { maxBytes: 2000 } : {}), keep });
  removed.rounds++;
  removed.results += report.removed.filter(({ kind }) => kind === 'result').length;
  removed.files += report.removed.filter(({ kind }) => kind === 'file').length;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
process.stdout.write(`${JSON.stringify(removed)}\n`);
