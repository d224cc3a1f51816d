import { getEventListeners } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { type LoadOptions, loadPipeline, PipelineError, plan, type RunEvent, results, run } from '../../src/index.js';
import { alive, until } from '../e2e/processes.js';
import { testFolder, writeFiles } from '../store/folder.js';

const text = `name: p
params: { word: one }
stages:
  write: { run: 'echo \${{ params.word }} \${{ k }} > \${{ outputs.text }}', over: [k], outputs: { text: text.txt } }
  join: { run: 'cat \${{ inputs.all }} > \${{ outputs.all }}', inputs: { all: write }, outputs: { all: all.txt } }
axes: { k: [1, 2] }
`;

function project(files: Readonly<Record<string, string>> = {}): string {
  return writeFiles(testFolder(), { 'package.json': '{}', 'p.yaml': text, ...files });
}

const load = (folder: string, options?: LoadOptions) => loadPipeline(join(folder, 'p.yaml'), options);
const states = (rows: readonly { readonly task: string; readonly state: string }[]) =>
  rows.map(({ task, state }) => `${task} ${state}`);

describe('loadPipeline', () => {
  it('gives tasks with what they depend on, in the form that is asked for', async () => {
    const folder = project();
    const loaded = await loadPipeline(pathToFileURL(join(folder, 'p.yaml')), {
      set: { k: [3], word: 'two ${{ words' },
    });
    expect(loaded).toEqual({
      name: 'p',
      file: join(folder, 'p.yaml'),
      artifacts: join(folder, 'artifacts'),
      tasks: [
        { id: 'write@k=3', stage: 'write', axes: { k: 3 }, labels: { k: '3' }, dependsOn: [] },
        { id: 'join', stage: 'join', axes: {}, labels: {}, dependsOn: ['write@k=3'] },
      ],
    });
    const done = await run(loaded);
    expect(readFileSync(join(folder, 'artifacts/p/join/all.txt'), 'utf8')).toBe('two ${{ words 3\n');
    expect(done.state).toBe('done');
  });

  it('rejects with all mistakes at their places', async () => {
    const folder = project({ 'p.yaml': 'name: p\nstages: { a: { uses: nix }, b: { rnu: x } }\n' });
    const error = await load(folder).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PipelineError);
    const file = join(folder, 'p.yaml');
    expect(error).toMatchObject({
      code: 'E_PIPELINE',
      diagnostics: [
        { file, line: 2, column: 22, severity: 'error', code: 'E_UNKNOWN_STAGE' },
        { file, line: 2, column: 34, severity: 'error', code: 'E_UNKNOWN_KEY', hint: 'did you mean "run"?' },
      ],
    });
    await expect(load(folder, { engine: 'none' })).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(loadPipeline(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'E_PIPELINE' });
  });

  it('waits for the checks of stages, whatever else is loaded meanwhile', async () => {
    const stage = `import { defineStage, Type } from 'spikeline';
export default defineStage({ name: 's', summary: 'S.', parameters: Type.Object({ n: Type.Integer() }), inputs: {}, outputs: {},
  check: ({ n }) => (n > 1 ? [{ parameter: 'n', message: 'Too many.' }] : []), async run() {} });\n`;
    const file = (n: number) => `name: p\nstages: { s: { uses: ./s.ts, with: { n: ${n} } } }\n`;
    const folders = [2, 3, 4].map((n) => project({ 's.ts': stage, 'p.yaml': file(n) }));
    const found = await Promise.allSettled(folders.map((folder) => load(folder)));
    expect(found.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});

describe('plan and results', () => {
  it('tell what would run and why, and what is there', async () => {
    const folder = project();
    const pipeline = await load(folder);
    expect(states(await plan(pipeline))).toEqual(['write@k=1 missing', 'write@k=2 missing', 'join waiting']);
    expect(await results(pipeline)).toEqual([]);
    await run(pipeline, { targets: ['write'] });
    expect(states(await plan(pipeline, { force: ['write@k=2'] }))).toEqual([
      'write@k=1 cached',
      'write@k=2 stale',
      'join waiting',
    ]);
    const rows = await results(pipeline, { targets: ['write@k=2'] });
    expect(rows).toMatchObject([{ task: 'write@k=2', axes: { k: 2 }, outputs: { text: { kind: 'file', size: 6 } } }]);
    await expect(plan(pipeline, { targets: ['writ'] })).rejects.toMatchObject({ hint: 'did you mean "write"?' });
    await expect(plan({ ...pipeline })).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('are those of the form that was loaded, whichever ran last', async () => {
    const folder = project();
    const [one, two] = [await load(folder), await load(folder, { set: { word: 'two' } })];
    for (const pipeline of [one, two]) await run(pipeline);
    const read = async (pipeline: typeof one) => {
      const [row] = await results(pipeline, { targets: ['join'] });
      return readFileSync(row!.outputs.all!.path, 'utf8');
    };
    expect([await read(one), await read(two), await read(one)]).toEqual([
      'one 1\none 2\n',
      'two 1\ntwo 2\n',
      'one 1\none 2\n',
    ]);
  });

  it('see code that changed while the program went on', async () => {
    const stage = (n: number) => `import { defineStage, Type } from 'spikeline';
export default defineStage({ name: 's', summary: 'S.', parameters: Type.Object({}), inputs: {}, outputs: {},
  async run() { return { n: ${n} }; } });\n`;
    const folder = project({ 's.ts': stage(1), 'p.yaml': 'name: p\nstages: { s: { uses: ./s.ts } }\n' });
    const pipeline = await load(folder);
    await run(pipeline);
    writeFileSync(join(folder, 's.ts'), stage(2));
    expect(await plan(pipeline)).toMatchObject([{ state: 'stale', reasons: [{ code: 'code' }] }]);
    expect(await run(pipeline)).toMatchObject({ state: 'done', tasks: [{ state: 'ran', metrics: { n: 2 } }] });
  });
});

describe('run', () => {
  it('tells of each event as it happens, the end last, and gives what came of each task', async () => {
    const folder = project();
    const events: RunEvent[] = [];
    const pipeline = await load(folder);
    const result = await run(pipeline, { jobs: 1, onEvent: (event) => events.push(event) });
    expect(events.map(({ event }) => event)).toEqual([
      'start',
      ...['task-start', 'task', 'task-start', 'task', 'task-start', 'task'],
      'end',
    ]);
    expect(events[0]).toMatchObject({
      pipeline: 'p',
      tasks: pipeline.tasks.map(({ dependsOn: _, ...point }) => point),
    });
    expect(states(result.tasks)).toEqual(['write@k=1 ran', 'write@k=2 ran', 'join ran']);
    expect(result).toMatchObject({ state: 'done', pages: [], jobs: [] });
    expect(states((await run(pipeline)).tasks)).toEqual(['write@k=1 cached', 'write@k=2 cached', 'join cached']);
  });

  it('takes a failure for data, and goes on with the rest if it is to', async () => {
    const broken = `name: p
stages:
  bad: { run: 'echo oh no; exit 3', outputs: { a: a.txt } }
  after: { run: [cp, '\${{ inputs.a }}', '\${{ outputs.b }}'], inputs: { a: bad }, outputs: { b: b.txt } }
  other: { run: 'true' }
`;
    const pipeline = await load(project({ 'p.yaml': broken }));
    const result = await run(pipeline, { keepGoing: true });
    expect([result.state, ...states(result.tasks)]).toEqual(['failed', 'bad failed', 'after skipped', 'other ran']);
    expect(result.tasks[0]).toMatchObject({ failure: { code: 'E_COMMAND', tail: ['oh no'] } });
    expect((await plan(pipeline)).map(({ state }) => state)).toEqual(['failed', 'waiting', 'cached']);
  });

  it('ends by a signal as by Ctrl-C: nothing is left running, and the next run goes on', async () => {
    const slow = `name: p
stages:
  quick: { run: 'echo > \${{ outputs.o }}', outputs: { o: o.txt } }
  slow: { run: 'if [ -e go ]; then exit 0; fi; echo $$ > pid; sleep 600', inputs: { o: quick } }
`;
    const folder = project({ 'p.yaml': slow });
    const pipeline = await load(folder);
    const controller = new AbortController();
    const { signal } = controller;
    const running = run(pipeline, { signal });
    const pid = () => Number(readFileSync(join(folder, 'pid'), { encoding: 'utf8', flag: 'a+' }));
    await until(() => pid() > 0, 'the slow task runs');
    controller.abort();
    const result = await running;
    expect([result.state, ...states(result.tasks)]).toEqual(['interrupted', 'quick ran', 'slow skipped']);
    expect([alive(pid()), getEventListeners(signal, 'abort')]).toEqual([false, []]);
    expect((await run(pipeline, { signal })).state).toBe('interrupted');
    writeFileSync(join(folder, 'go'), '');
    expect(states((await run(pipeline)).tasks)).toEqual(['quick cached', 'slow ran']);
  });

  it('ends, too, where a listener throws, and rejects with that', async () => {
    const pipeline = await load(project());
    const mine = new RangeError('mine');
    const onEvent = vi.fn((event: RunEvent) => {
      if (event.event === 'task') throw mine;
    });
    await expect(run(pipeline, { jobs: 1, onEvent })).rejects.toBe(mine);
    const events = onEvent.mock.calls.map(([{ event }]) => event);
    expect([events[0], events.at(-1), events.filter((event) => event === 'task').length]).toEqual(['start', 'task', 1]);
    expect((await results(pipeline)).map(({ task }) => task)).toEqual(['write@k=1']);
  });

  it('refuses options that mean nothing', async () => {
    const pipeline = await load(project());
    await expect(run(pipeline, { jobs: 0.5 })).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(run(pipeline, { executor: 'cloud' })).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('works for several pipelines at once, and for one twice, and leaves the process as it was', async () => {
    const processState = () => [
      process.cwd(),
      { ...process.env },
      process.eventNames().map((name) => [name, process.listenerCount(name)]),
    ];
    const before = processState();
    const writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write'));
    const folders = [project(), project()];
    const pipelines = await Promise.all(folders.map((folder) => load(folder)));
    const all = await Promise.all([...pipelines, pipelines[0]!].map((pipeline) => run(pipeline)));
    const written = writes.map((spy) => spy.mock.calls.length);
    for (const spy of writes) spy.mockRestore();
    expect(all.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    const ran = all.flatMap(({ tasks }) => tasks).filter(({ state }) => state === 'ran');
    expect([ran.length, written]).toEqual([6, [0, 0]]);
    expect(processState()).toEqual(before);
  });
});
