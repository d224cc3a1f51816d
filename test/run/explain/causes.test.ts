import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Task } from '../../../src/pipeline/expand/task.js';
import { explainTask } from '../../../src/run/explain/causes.js';
import { RunRecorder } from '../../../src/run/plan/history.js';
import { Planner } from '../../../src/run/plan/planner.js';
import { Store } from '../../../src/store/store.js';
import { testFolder } from '../../store/folder.js';
import { command, from, listFrom, pipelineOf, runAll } from '../examples.js';

let folder: string;
let store: Store;
beforeEach(() => {
  folder = testFolder();
  store = Store.open(join(folder, 'artifacts'));
});

/** data → left, right → end, each but the first with two inputs or a list. */
const diamond = (seed: number): readonly Task[] => [
  command('data', { parameters: { seed } }),
  ...['left', 'right'].map((side) => command(side, { inputs: { data: from('data') }, labels: { side } })),
  command('end', { inputs: { sides: listFrom('left', 'right'), data: from('data') } }),
];

/** Runs tasks as the program does, and notes the run. */
async function run(tasks: readonly Task[], resultOf?: (task: Task) => string): Promise<void> {
  const pipeline = pipelineOf(folder, tasks);
  const before = await new Planner(pipeline, store).plan();
  const ran = await runAll(store, pipeline, new Planner(pipeline, store), resultOf);
  const recorder = new RunRecorder();
  for (const [task, { identity }] of await new Planner(pipeline, store).plan()) {
    const { key } = identity!;
    const { status } = before.get(task)!;
    const reasons = 'reasons' in status ? status.reasons : [];
    if (ran.includes(task)) recorder.handle({ event: 'task-start', task, key, reasons });
    recorder.handle({ event: 'task', task, key, status: ran.includes(task) ? 'ran' : 'cached', seconds: 0 });
  }
  await recorder.write(store, pipeline.name, {});
}

/** What is behind the state of a task: `task: state: reasons`. */
async function causes(tasks: readonly Task[], id: string): Promise<string[]> {
  const { causes } = await explainTask(pipelineOf(folder, tasks), store, tasks.find((task) => task.id === id)!);
  return causes.map(({ task, state, reasons, path }) => {
    const why = reasons.map(({ text }) => text).join('; ');
    return `${path?.join(' → ') ?? task}: ${state}: ${why}`;
  });
}

const byParameters = (task: Task) => `${task.id} ${JSON.stringify(task.parameters)}`;

describe('causes', () => {
  it('of a waiting task are those that run for certain, with the way to it', async () => {
    await run(diamond(1));
    expect(await causes(diamond(2), 'end')).toEqual(['data → end: stale: seed: 1 → 2']);
    expect(await causes(diamond(2), 'left')).toEqual(['data → left: stale: seed: 1 → 2']);
  });

  it('of a waiting task include its own', async () => {
    const explain = async (tasks: readonly Task[]) => {
      const { own, record } = await explainTask(pipelineOf(folder, tasks), store, tasks.at(-1)!);
      return [own?.map(({ text }) => text), record?.provenance.task];
    };
    expect(await explain(diamond(1))).toEqual([['never run here'], undefined]);
    await run(diamond(1));
    expect(await explain(diamond(2))).toEqual([[], 'end']);
    const changed = diamond(2).map((task) => (task.id === 'end' ? { ...task, parameters: { x: 1 } } : task));
    expect(await explain(changed)).toEqual([['x: none → 1'], 'end']);
    const added = diamond(2).toSpliced(1, 0, command('new', { inputs: { data: from('data') } }));
    const needsNew = added.map((task) => (task.id === 'end' ? { ...task, inputs: { new: from('new') } } : task));
    expect(await explain(needsNew)).toEqual([undefined, 'end']);
  });

  it('of a stale task lead through what was made anew to what was changed', async () => {
    await run(diamond(1), byParameters);
    await run(diamond(2).slice(0, 1), byParameters);
    await run(diamond(2).slice(0, 3), (task) => `${byParameters(task)} again`);
    const text = await causes(diamond(2), 'end');
    expect(text.map((line) => line.replaceAll(/[0-9a-f]{8}/g, 'DIGEST'))).toEqual([
      'data: changed: seed: 1 → 2',
      'left: changed: input "data" (made by data) changed: DIGEST → DIGEST',
      'right: changed: input "data" (made by data) changed: DIGEST → DIGEST',
    ]);
  });

  it('of a stale task are not known where the history is gone, and said where a stage is not deterministic', async () => {
    await run(diamond(1));
    const forced = new Set(diamond(1).flatMap(({ id }) => (id === 'data' ? [id] : [])));
    const pipeline = pipelineOf(folder, diamond(1).slice(0, 1));
    await runAll(store, pipeline, new Planner(pipeline, store, { force: forced }), () => 'other bytes');
    expect(await causes(diamond(1), 'left')).toEqual([
      'data: changed: it ran again with nothing changed, and made other bytes',
    ]);
    rmSync(store.published('example').runsFolder, { recursive: true });
    expect(await causes(diamond(1), 'left')).toEqual(['data: changed: ']);
  });

  it('of a cached task are those of the runs in which it and its inputs were made', async () => {
    await run(diamond(1), byParameters);
    await run(diamond(2).slice(0, 1), byParameters);
    await run(diamond(2), (task) => `${byParameters(task)} again`);
    const { ran } = await explainTask(pipelineOf(folder, diamond(2)), store, diamond(2)[1]!);
    expect(ran).toMatchObject({ run: 3, reasons: [{ code: 'input', changes: [{ name: 'data', task: 'data' }] }] });
    expect(await causes(diamond(2), 'left')).toEqual(['data: ran: seed: 1 → 2']);
    expect(await causes(diamond(1), 'left')).toEqual([]);
  });

  it('of a chain of a thousand tasks take no longer than they are', async () => {
    const chain = Array.from({ length: 1000 }, (_, n) =>
      command(`t${n}`, n === 0 ? {} : { inputs: { before: from(`t${n - 1}`) } }),
    );
    const text = await causes(chain, 't999');
    expect(text).toEqual([`${chain.map(({ id }) => id).join(' → ')}: missing: never run here`]);
  });
});
