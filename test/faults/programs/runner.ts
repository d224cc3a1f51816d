// One of many that share a store: runs a pipeline again and again at points of its own choice, each time with a newly
// opened store, and looks whether all results are there and right. Says `all right`, or what is not.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadPipeline } from '../../../src/pipeline/load.js';
import { LocalExecutor } from '../../../src/run/local/executor.js';
import { describeStage } from '../../../src/stage/describe.js';
import { Store } from '../../../src/store/store.js';
import { randomFrom } from '../random.js';

const [folder, name, seed, rounds] = process.argv.slice(2) as [string, string, string, string];
const random = randomFrom(`runner ${seed}`);

async function round(): Promise<string[]> {
  const points = [1, 2, 3, 4, 5].filter(() => random() < 0.4);
  if (points.length === 0) return [];
  const set = [`n=[${points.join(', ')}]`];
  const { pipeline } = await loadPipeline(join(folder, `${name}.yaml`), { resolveStage: describeStage, set });
  // Every use shows at once, so that `gc` need not leave alone what was used up to a day before.
  const store = Store.open(join(folder, 'artifacts'), { useInterval: 0 });
  const inUse = await store.beginRun();
  const problems: string[] = [];
  try {
    const run = new LocalExecutor(pipeline!, store, {
      tasks: pipeline!.tasks,
      force: new Set(pipeline!.tasks.filter(() => random() < 0.05).map(({ id }) => id)),
      keepGoing: true,
      jobs: 1,
      emit: (event) => {
        if (event.event === 'task' && event.failure !== undefined)
          problems.push(`${event.task}: ${event.failure.message}`);
      },
    });
    const { results } = await run.start();
    for (const { id, axes } of pipeline!.tasks.filter(({ stage }) => stage === 'tell')) {
      const result = results.get(id);
      if (result === undefined) continue;
      const place = mkdtempSync(join(folder, 'look-'));
      await store.materialise(result.outputs.z!, join(place, 'z'), { mode: 'copy' });
      const text = readFileSync(join(place, 'z'), 'utf8');
      if (text !== `half is ${Math.floor(Number(axes.n) / 2)}\n`) problems.push(`${id} says ${text}`);
      rmSync(place, { recursive: true });
    }
  } finally {
    await inUse.release();
  }
  return problems;
}

const problems: string[] = [];
for (let i = 0; i < Number(rounds); i++) problems.push(...(await round().catch((error: Error) => [error.message])));
process.stdout.write(`${problems.length === 0 ? 'all right' : JSON.stringify(problems)}\n`);
process.exit(0);
