import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Task } from '../../../src/pipeline/expand/task.js';
import { compareStates, presentState, stateOfRun } from '../../../src/run/explain/compare.js';
import type { RunNote, TaskNote } from '../../../src/run/plan/history-note.js';
import { Planner } from '../../../src/run/plan/planner.js';
import { Store } from '../../../src/store/store.js';
import type { TaskId } from '../../../src/values.js';
import { testFolder } from '../../store/folder.js';
import { command, from, pipelineOf, runAll } from '../examples.js';

let folder: string;
let store: Store;
beforeEach(() => {
  folder = testFolder();
  store = Store.open(join(folder, 'artifacts'));
});

const tasks = (n: number): readonly Task[] => [
  command('data'),
  command('train@n=1', { parameters: { n }, inputs: { data: from('data') } }),
];

/** Runs tasks and returns the note of the run. */
async function run(tasks: readonly Task[], changes: Partial<RunNote> = {}): Promise<RunNote> {
  const pipeline = pipelineOf(folder, tasks);
  await runAll(store, pipeline, new Planner(pipeline, store), ({ parameters }) => JSON.stringify(parameters));
  const plans = await new Planner(pipeline, store).plan();
  const notes = [...plans].map(([id, { identity }]): [TaskId, TaskNote] => [
    id,
    { status: 'cached', key: identity!.key },
  ]);
  return {
    ...{ type: 'spikeline-run/1', run: 1, finishedAt: '2026-01-01T00:00:00.000Z', interrupted: false },
    ...{ tasks: Object.fromEntries(notes), ...changes },
  };
}

const nothing = { same: 0, changed: [], appeared: [], disappeared: [], unknown: [] };

describe('compare', () => {
  it('tells what changed, what appeared, what disappeared', async () => {
    const before = stateOfRun(store, await run([...tasks(1), command('old')]));
    const after = stateOfRun(store, await run([...tasks(2), command('new')]));
    expect(await compareStates(pipelineOf(folder, [...tasks(2), command('new')]), before, after)).toEqual([
      { ...nothing, stage: 'data', same: 1 },
      {
        ...{ ...nothing, stage: 'train' },
        changed: [
          {
            task: 'train@n=1',
            reasons: [{ code: 'parameter', text: 'n: 1 → 2', changes: [{ name: 'n', from: 1, to: 2 }] }],
            metrics: [],
          },
        ],
      },
      { ...nothing, stage: 'new', appeared: ['new'] },
      { ...nothing, stage: 'old', disappeared: ['old'] },
    ]);
  });

  it('compares with the pipeline as it is, run or not', async () => {
    const before = stateOfRun(store, await run(tasks(1)));
    const changed = [command('data', { parameters: { seed: 1 } }), tasks(1)[1]!];
    const now = await presentState(pipelineOf(folder, changed), store);
    const stages = await compareStates(pipelineOf(folder, changed), before, now);
    expect(stages.map(({ changed }) => changed.flatMap(({ reasons }) => reasons.map(({ text }) => text)))).toEqual([
      ['seed: none → 1'],
      [],
    ]);
    expect(stages[1]!.unknown).toEqual([{ task: 'train@n=1', side: 'to', why: 'waiting' }]);
  });

  it('says of what it knows nothing, and why', async () => {
    const first = await run(tasks(1));
    const second = await run(tasks(2));
    const key = first.tasks['train@n=1' as TaskId]!.key!;
    rmSync(join(store.folder, 'store/records', key.slice(0, 2), `${key}.json`));
    const pipeline = pipelineOf(folder, tasks(2));
    const unknown = async (a: RunNote, b: RunNote) =>
      (await compareStates(pipeline, stateOfRun(store, a), stateOfRun(store, b))).flatMap(({ unknown }) => unknown);
    expect(await unknown(first, second)).toEqual([{ task: 'train@n=1', side: 'from', why: 'gone' }]);
    expect(await unknown(second, first)).toEqual([{ task: 'train@n=1', side: 'to', why: 'gone' }]);
    const { ['train@n=1' as TaskId]: train, ...others } = second.tasks as Record<TaskId, TaskNote>;
    expect(await unknown(second, { ...second, tasks: others, targets: ['data'] })).toEqual([
      { task: 'train@n=1', side: 'to', why: 'partial' },
    ]);
    const failed = { ...others, 'train@n=1': { ...train!, status: 'failed' as const } };
    const skipped = { ...others, 'train@n=1': { status: 'skipped' as const } };
    expect(await unknown({ ...second, tasks: failed }, second)).toEqual([
      { task: 'train@n=1', side: 'from', why: 'failed' },
    ]);
    expect(await unknown(second, { ...second, tasks: skipped })).toEqual([
      { task: 'train@n=1', side: 'to', why: 'skipped' },
    ]);
  });
});
