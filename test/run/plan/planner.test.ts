import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { Type } from '@sinclair/typebox';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { digestBytes, hexOf } from '../../../src/files/digest.js';
import type { Task } from '../../../src/pipeline/expand/task.js';
import { Planner, type PlanOptions } from '../../../src/run/plan/planner.js';
import type { StageDefinition } from '../../../src/stage/definition.js';
import { filePath } from '../../../src/stage/file-path.js';
import { Store } from '../../../src/store/store.js';
import type { TaskId } from '../../../src/values.js';
import { testFolder, writeFiles } from '../../store/folder.js';
import { command, file, from, listFrom, pipelineOf, plainStage, runAll, stageTask } from '../examples.js';

let folder: string;
let store: Store;
beforeEach(() => {
  folder = testFolder();
  store = Store.open(join(folder, 'artifacts'));
});

const id = (name: string) => name as TaskId;

/** data → train → test, where `test` takes `data`, too. */
const chain: readonly Task[] = [
  command('data'),
  command('train', { inputs: { data: from('data') }, parameters: { epochs: 2, precision: { k: 1, B: 2 } } }),
  command('test', { inputs: { data: from('data'), model: from('train') } }),
];

function change(tasks: readonly Task[], name: string, changes: Partial<Task>): readonly Task[] {
  return tasks.map((task) => (task.id === name ? { ...task, ...changes } : task));
}

async function states(tasks: readonly Task[], options?: PlanOptions): Promise<Record<string, unknown>> {
  const plans = await new Planner(pipelineOf(folder, tasks), store, options).plan();
  const texts = [...plans].map(([task, { status }]) => [
    task,
    status.state === 'cached'
      ? 'cached'
      : status.state === 'waiting'
        ? `waiting on ${status.on.join(', ')}`
        : [status.state, ...status.reasons.map(({ code, text }) => `${code}: ${text}`)],
  ]);
  return Object.fromEntries(texts) as Record<string, unknown>;
}

/** Runs the pipeline; returns the tasks that ran. */
function run(tasks: readonly Task[], options?: PlanOptions, resultOf?: (task: Task) => string): Promise<string[]> {
  const pipeline = pipelineOf(folder, tasks);
  return runAll(store, pipeline, new Planner(pipeline, store, options), resultOf);
}

/** The reasons why `task` would run after `before` was run and became `now`. */
async function reasons(before: Task, now: Task, setUp: readonly Task[] = []): Promise<unknown> {
  await run([...setUp, before]);
  return (await states([...setUp, now]))[now.id];
}

describe('plan', () => {
  it('says of a new pipeline what is missing and what waits for it', async () => {
    expect(await states(chain)).toEqual({
      data: ['missing', 'new: never run here'],
      train: 'waiting on data',
      test: 'waiting on data, train',
    });
  });

  it('finds everything after a run, by a new process too', async () => {
    expect(await run(chain)).toEqual(['data', 'train', 'test']);
    expect(await states(chain)).toEqual({ data: 'cached', train: 'cached', test: 'cached' });
    store = Store.open(store.folder);
    expect(await run(chain)).toEqual([]);
  });

  it('names the parameter that changed, and what waits', async () => {
    await run(chain);
    const changed = change(chain, 'train', { parameters: { epochs: 10, precision: { k: 0, B: 2 }, seed: 'x' } });
    expect(await states(changed)).toEqual({
      data: 'cached',
      train: ['stale', 'parameter: epochs: 2 → 10', 'parameter: precision.k: 1 → 0', 'parameter: seed: none → x'],
      test: 'waiting on train',
    });
  });

  it('finds again what was made before a change was undone', async () => {
    await run(chain);
    await run(change(chain, 'train', { parameters: {} }));
    expect(await run(chain)).toEqual([]);
  });

  it('shares results between pipelines and stages of other names', async () => {
    await run(chain);
    const renamed = pipelineOf(folder, [command('download')], 'other');
    expect((await new Planner(renamed, store).plan()).get(id('download'))!.status.state).toBe('cached');
  });

  it('stops at a task that made the same bytes again', async () => {
    await run(chain, undefined, () => 'same');
    const changed = change(chain, 'data', { parameters: { mirror: 2 } });
    expect(await run(changed, undefined, () => 'same')).toEqual(['data']);
  });

  it('names the input that changed, and the task that made it', async () => {
    await run(chain);
    const changed = change(chain, 'data', { parameters: { mirror: 2 } });
    await run(changed.slice(0, 1), undefined, () => 'other');
    const [a, b] = [hexOf(digestBytes('result of data')).slice(0, 8), hexOf(digestBytes('other')).slice(0, 8)];
    expect(await states(changed)).toEqual({
      data: 'cached',
      train: ['stale', `input: input "data" (made by data) changed: ${a} → ${b}`],
      test: 'waiting on train',
    });
  });

  it('says of what a process computes now that it does, and not that it failed', async () => {
    const log = store.published(pipelineOf(folder, chain).name).logPath(id('data'));
    mkdirSync(dirname(log), { recursive: true });
    writeFileSync(log, '');
    const plans = await new Planner(pipelineOf(folder, chain), store).plan();
    const lock = await store.lock(plans.get(id('data'))!.identity!.key);
    expect((await states(chain)).data).toEqual([
      'missing',
      `running: process ${process.pid} on ${hostname()} computes it now`,
    ]);
    await lock.release();
    expect((await states(chain)).data).toEqual(['missing', 'new: no result yet: it failed or was interrupted']);
  });

  it('runs what is forced, though it is cached', async () => {
    await run(chain);
    const force = new Set([id('train')]);
    expect(await states(chain, { force })).toEqual({
      data: 'cached',
      train: ['stale', 'forced: forced'],
      test: 'waiting on train',
    });
    expect(await states(chain, { force: new Set(chain.map((task) => task.id)) })).toEqual({
      data: ['stale', 'forced: forced'],
      train: ['stale', 'forced: forced'],
      test: ['stale', 'forced: forced'],
    });
    expect(await run(chain, { force })).toEqual(['train']);
  });

  it('says of an input that can not be read what is wrong with it, and tells of the other tasks all the same', async () => {
    await run(chain);
    mkdirSync(join(folder, 'inputs'));
    symlinkSync('/etc', join(folder, 'inputs/out'));
    const bad = command('bad', { inputs: { data: file('inputs') } });
    const after = command('after', { inputs: { bad: from('bad') } });
    expect(await states([...chain, bad, after])).toEqual({
      data: 'cached',
      train: 'cached',
      test: 'cached',
      bad: ['missing', expect.stringMatching(/^unreadable: .*inputs\/out/)],
      after: 'waiting on bad',
    });
  });

  it('takes lists of hundreds of tasks', async () => {
    const wide = Array.from({ length: 300 }, (_, index) => command(`t@n=${index}`, { parameters: { index } }));
    const tasks = [...wide, command('all', { inputs: { all: listFrom(...wide.map((task) => task.id)) } })];
    const plans = await new Planner(pipelineOf(folder, tasks), store).plan();
    expect([...plans.keys()]).toEqual(tasks.map((task) => task.id));
  });
});

describe('reasons', () => {
  it('show a command before and after', async () => {
    const make = (text: string) =>
      command('a', { action: { kind: 'command', command: [[{ text }], [{ text: '--in=' }, { input: 'data' }]] } });
    expect(await reasons(make('one'), make('two'))).toEqual([
      'stale',
      'code: command: one --in=${{ inputs.data }} → two --in=${{ inputs.data }}',
    ]);
  });

  it('tell a script from a command, and a command from a stage', async () => {
    const script = command('a', {
      action: { kind: 'shell', shell: 'sh', script: [{ text: 'a | ' }, { value: 'b c' }] },
    });
    expect(await reasons(command('a'), script)).toEqual([
      'stale',
      'code: command: make ${{ outputs.result }} → a | b c',
    ]);
    const stage = stageTask('b', './stage.ts', plainStage);
    writeFiles(folder, { 'stage.ts': 'export default 1;' });
    expect(await reasons(command('b'), stage)).toEqual([
      'stale',
      'code: command: make ${{ outputs.result }} → stage plain',
    ]);
  });

  it('name the source files that changed', async () => {
    writeFiles(folder, { 'stage.ts': "export * from './a.js'; export * from './b.js';", 'a.ts': '', 'b.ts': '' });
    writeFiles(folder, { 'other.ts': "export * from './a.js'; export const x = 1;" });
    const task = stageTask('a', './stage.ts', plainStage);
    await run([task]);
    expect(await states([task])).toEqual({ a: 'cached' });
    expect(await states([stageTask('a', './other.ts', plainStage)])).toEqual({
      a: ['stale', 'code: code of stage plain changed: b.ts, stage.ts, other.ts'],
    });
  });

  it('name a stage that is another one', async () => {
    writeFiles(folder, { 'stage.ts': '' });
    const before = stageTask('a', './stage.ts', plainStage);
    const now = stageTask('a', './stage.ts', { ...plainStage, name: 'fancy' });
    expect(await reasons(before, now)).toEqual(['stale', 'code: stage: plain → fancy']);
  });

  it('name a file input that changed', async () => {
    writeFiles(folder, { 'scripts/mine.py': 'one' });
    const task = command('a', { inputs: { script: file('scripts/mine.py') } });
    await run([task]);
    writeFiles(folder, { 'scripts/mine.py': 'three' });
    const [a, b] = ['one', 'three'].map((text) => hexOf(digestBytes(text)).slice(0, 8));
    expect(await states([task])).toEqual({ a: ['stale', `file: file scripts/mine.py changed: ${a} → ${b}`] });
    rmSync(join(folder, 'scripts/mine.py'));
    const gone = `unreadable: ${join(folder, 'scripts/mine.py')} does not exist.`;
    expect(await states([task])).toEqual({ a: ['missing', gone] });
    await expect(run([task])).rejects.toMatchObject({ code: 'E_INPUT_MISSING' });
  });

  it('name what lies at the path of a parameter, wherever that is', async () => {
    writeFiles(folder, { 'stage.ts': '', 'one/list.txt': 'x', 'two/list.txt': 'x', 'three/list.txt': 'y' });
    const parameters = Type.Object({ lists: Type.Array(filePath()), note: Type.Optional(filePath()) });
    const definition: StageDefinition = { ...plainStage, parameters, keyless: ['note'] };
    const at = (path: string, note = 'none') =>
      stageTask('a', './stage.ts', definition, { parameters: { lists: [path], note } });
    await run([at('one/list.txt')]);
    expect(await states([at('two/list.txt', 'one/list.txt')])).toEqual({ a: 'cached' });
    expect(await states([at(join(folder, 'two/list.txt'))])).toEqual({ a: 'cached' });
    expect(await states([at('three/list.txt')])).toEqual({ a: ['stale', 'file: file three/list.txt changed'] });
    writeFiles(folder, { 'one/other.txt': 'x' });
    expect(await states([at('one/other.txt')])).toEqual({
      a: ['stale', 'parameter: lists: ["list.txt"] → ["other.txt"]'],
    });
  });

  it('name a file that the stage depends on', async () => {
    writeFiles(folder, { 'stage.ts': '', 'data/images': 'one' });
    const definition: StageDefinition = { ...plainStage, files: () => ['nothing', 'data'] };
    const task = stageTask('a', './stage.ts', definition);
    await run([task]);
    expect(await states([task])).toEqual({ a: 'cached' });
    writeFiles(folder, { 'data/labels': '' });
    expect(await states([task])).toEqual({ a: ['stale', 'file: file data changed'] });
  });

  it('name environment variables, without their values', async () => {
    const task = command('a', { env: ['TOKEN'] });
    await run([task], { env: { TOKEN: 'secret' } });
    expect(await states([task], { env: { TOKEN: 'secret', OTHER: 'x' } })).toEqual({ a: 'cached' });
    expect(await states([task], { env: { TOKEN: 'hidden' } })).toEqual({
      a: ['stale', 'env: environment variable TOKEN changed'],
    });
    expect(await states([task], { env: {} })).toEqual({
      a: ['stale', 'env: environment variable TOKEN is not set any more'],
    });
  });

  it('name inputs that come and go, and items of lists', async () => {
    const makers = ['0', '0.1', '0.2', '0.3'].map((noise) =>
      command(`snn@noise=${noise}`, { parameters: { noise }, axes: { noise }, labels: { noise } }),
    );
    const list = (...names: string[]) => listFrom(...names.map((name) => `snn@noise=${name}`));
    const before = command('plot', { inputs: { old: from('snn@noise=0'), snn: list('0', '0.1') } });
    const now = command('plot', { inputs: { snn: list('0.1', '0.2', '0.3'), new: from('snn@noise=0') } });
    expect(await reasons(before, now, makers)).toEqual([
      'stale',
      'input: input "old" is gone',
      // That of noise=0.1 stands elsewhere now, and is the same.
      'input: input "snn": noise=0.2 and noise=0.3 new, 0000-result.txt gone',
      'input: input "new" is new',
    ]);
  });

  it('name outputs and the engine', async () => {
    const now = command('a', { outputs: { result: 'other.txt' } });
    expect(await reasons(command('a'), now)).toEqual(['stale', 'output: output "result": result.txt → other.txt']);
    const engine = { ...plainStage, usesEngine: ['train'] as const };
    writeFiles(folder, { 'stage.ts': '' });
    const before = stageTask('b', './stage.ts', plainStage);
    expect(await reasons(before, stageTask('b', './stage.ts', engine))).toEqual([
      'stale',
      'engine: engine: none → wasm',
    ]);
  });
});

describe('a damaged store', () => {
  const digest = digestBytes('result of data');
  const short = hexOf(digest).slice(0, 8);
  const blob = () => join(store.folder, 'store/blobs', hexOf(digest).slice(0, 2), hexOf(digest).slice(2));

  it('names the output that is missing, and has it made again', async () => {
    await run(chain);
    rmSync(blob());
    expect(await states(chain)).toEqual({
      data: ['missing', `missing-blob: output "result" is missing from the store (sha256:${short})`],
      train: 'waiting on data',
      test: 'waiting on data, train',
    });
    expect(await run(chain)).toEqual(['data']);
    expect(await states(chain)).toEqual({ data: 'cached', train: 'cached', test: 'cached' });
  });

  it('names the output that was damaged', async () => {
    await run(chain);
    chmodSync(blob(), 0o644);
    writeFileSync(blob(), readFileSync(blob(), 'utf8').replace('r', 's'));
    expect((await states(chain)).data).toEqual([
      'missing',
      `missing-blob: output "result" was damaged in the store and has been set aside (sha256:${short})`,
    ]);
  });

  it('has a folder made again whose list of files no folder has', async () => {
    await run(chain);
    const record = (await store.record(store.published('example').latestKey(id('data'))!))!;
    const bad = await store.blobs.addBytes('{"emptyFolders":["../up"],"files":[],"type":"spikeline-folder/1"}');
    await store.writeRecord({ ...record, outputs: { result: { kind: 'folder', digest: bad, size: 0 } } });
    expect(await run(chain)).toEqual(['data']);
    expect(await states(chain)).toEqual({ data: 'cached', train: 'cached', test: 'cached' });
  });

  it('tells a record that is gone from a task that never ran', async () => {
    await run(chain);
    const key = store.published('example').latestKey(id('data'))!;
    writeFileSync(join(store.folder, 'store/records', key.slice(0, 2), `${key}.json`), '{}');
    expect((await states(chain)).data).toEqual([
      'missing',
      'missing-record: the record of its last run is missing or damaged',
    ]);
    expect(await run(chain)).toEqual(['data']);
  });
});

describe('changedMeanwhile', () => {
  it('finds files and code that changed while a task ran', async () => {
    writeFiles(folder, { 'stage.ts': 'export default 1;', input: 'a' });
    const task = stageTask('a', './stage.ts', plainStage, { inputs: { input: file('input') } });
    const planner = new Planner(pipelineOf(folder, [task]), store);
    const { identity } = await planner.statusOf(task, () => undefined);
    expect(await planner.changedMeanwhile(task, identity!)).toEqual([]);
    writeFiles(folder, { 'stage.ts': 'export default 2;', input: 'b' });
    expect((await planner.changedMeanwhile(task, identity!)).map(({ code }) => code)).toEqual(['code', 'file']);
  });
});

describe('random changes of a pipeline', () => {
  /** Tasks with inputs among the earlier ones, and a parameter each. */
  const graph = fc
    .array(fc.record({ inputs: fc.uniqueArray(fc.nat(20), { maxLength: 3 }), value: fc.nat(2) }), {
      minLength: 1,
      maxLength: 6,
    })
    .map((nodes) =>
      nodes.map(({ inputs, value }, index) =>
        command(`t${index}`, {
          parameters: { value },
          inputs: Object.fromEntries(
            [...new Set(inputs.map((input) => input % Math.max(index, 1)))]
              .filter((input) => input < index)
              .map((input) => [`i${input}`, from(`t${input}`)]),
          ),
        }),
      ),
    );

  it('end with what a run from nothing makes, and run nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(graph, { minLength: 2, maxLength: 4 }), async (versions) => {
        folder = testFolder();
        store = Store.open(join(folder, 'artifacts'));
        const made = new Set<string>();
        for (const tasks of versions) {
          // The result is a function of parameter and inputs, as it is for every stage.
          const results = new Map<string, string>();
          for (const { id, parameters, inputs } of tasks) {
            const contents = Object.entries(inputs).map(([name, input]) => [
              name,
              results.get((input as { task: string }).task),
            ]);
            results.set(id, digestBytes(JSON.stringify([parameters, contents.sort()])));
          }
          const ran = await run(tasks, undefined, ({ id }) => results.get(id)!);
          for (const task of ran) {
            expect(made).not.toContain(results.get(task));
            made.add(results.get(task)!);
          }
          const plans = await new Planner(pipelineOf(folder, tasks), store).plan();
          for (const [task, { result }] of plans)
            expect(result?.outputs.result?.digest).toBe(digestBytes(results.get(task)!));
        }
      }),
      { numRuns: 15 },
    );
  });
});
