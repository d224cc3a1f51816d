import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readExecutor } from '../../src/api/opening/executors.js';
import { openStore } from '../../src/api/opening/store.js';
import { chooseTasks } from '../../src/api/opening/tasks.js';
import { PipelineRun } from '../../src/api/running.js';
import { openPipeline } from '../../src/cli/opening/pipeline.js';
import { testFolder, writeFiles } from '../store/folder.js';

const text = "name: p\nstages: { a: { run: 'echo > ${{ outputs.o }}', outputs: { o: o.txt } } }\n";

it('estimates what tasks take for whoever watches, once one starts, and never where nothing runs', async () => {
  const file = join(writeFiles(testFolder(), { 'package.json': '{}', 'p.yaml': text }), 'p.yaml');
  const eventsOf = async (watched: boolean, forced: boolean) => {
    const pipeline = await openPipeline(file, {});
    const store = openStore({}, pipeline);
    const { all: tasks } = chooseTasks(pipeline, []);
    const run = await PipelineRun.open({
      ...{ pipeline, store, options: {}, targets: [], tasks, keepGoing: false, jobs: 1, watched },
      ...{ force: new Set(forced ? tasks.map(({ id }) => id) : []), executor: readExecutor(undefined) },
    });
    const events: string[] = [];
    await run.start(({ event }) => events.push(event));
    // The estimate is made beside the run, and may come after its end.
    await setTimeout(300);
    return events.filter((event) => event === 'estimate' || event === 'task-start');
  };
  expect(await eventsOf(true, false)).toEqual(['task-start', 'estimate']);
  expect(await eventsOf(true, false)).toEqual([]);
  expect(await eventsOf(false, true)).toEqual(['task-start']);
});
