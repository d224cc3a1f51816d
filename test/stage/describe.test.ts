import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readSealed, sealed } from '../../src/files/sealed.js';
import type { Order, Reply } from '../../src/stage/confined/messages.js';
import { tellOfWaiting } from '../../src/stage/confined/patience.js';
import { askReader } from '../../src/stage/confined/process.js';
import type { StageDefinition } from '../../src/stage/definition.js';
import { answersArrived, describeStage } from '../../src/stage/describe.js';
import { testFolder, writeFiles } from '../store/folder.js';

const machine = vi.hoisted(() => ({ load: 0 }));
vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  loadavg: () => [machine.load, 0, 0],
}));

let cache: string;
beforeEach(() => {
  cache = testFolder();
  vi.stubEnv('SPIKELINE_CACHE', cache);
});
afterEach(() => {
  machine.load = 0;
  vi.doUnmock('../../src/stage/confined/process.js');
  vi.useRealTimers();
});

const stage = (top: string, more = '') => `${top}
import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 's',
  summary: 'Scales',
  parameters: Type.Object({ by: Type.Integer({ minimum: 0, default: 2, description: 'How much' }) }),
  inputs: { data: { description: 'Data', optional: true } },
  outputs: { o: { description: 'The product', path: 'o.txt' } },
  resources: { cpus: 2 },
  ${more}
  run: async () => ({}),
});
`;

const describeText = (text: string, files: Readonly<Record<string, string>> = {}) =>
  describeStage('./s.ts', writeFiles(testFolder(), { 's.ts': text, ...files }));

describe('describeStage', () => {
  it('reads a definition once for each content, with what it imports, and runs nothing of it here', async () => {
    const folder = writeFiles(testFolder(), {
      's.ts': stage(
        "import { name } from './lib/name';\nimport three from 'three';\n",
        'fromPipeline: { [name + three]: "name" },',
      ),
      'lib/name.ts': "export const name: string = 'title';",
      'node_modules/three/package.json':
        '{ "name": "three", "version": "1.0.0", "type": "module", "exports": "./m.js" }',
      'node_modules/three/m.js': 'export default 3;',
    });
    const found = (await describeStage('./s.ts', folder)) as StageDefinition;
    const { run, ...rest } = found;
    expect(rest).toEqual({
      name: 's',
      summary: 'Scales',
      parameters: {
        type: 'object',
        required: ['by'],
        properties: { by: { type: 'integer', minimum: 0, default: 2, description: 'How much' } },
      },
      inputs: { data: { description: 'Data', optional: true } },
      outputs: { o: { description: 'The product', path: 'o.txt' } },
      resources: { cpus: 2 },
      fromPipeline: { title3: 'name' },
    });
    await expect(run({} as never)).rejects.toThrow('a description of a stage can’t be run');
    // What is remembered is taken as it is, whoever asks.
    const [name] = readdirSync(join(cache, 'definitions'));
    const path = join(cache, 'definitions', name!);
    expect(readdirSync(join(cache, 'definitions'))).toHaveLength(1);
    const { definition } = JSON.parse(readSealed(path)!) as { definition: object };
    const remembered = JSON.stringify({ definition: { ...definition, summary: 'Remembered' }, answers: {} });
    writeFileSync(path, sealed(remembered));
    const copy = writeFiles(testFolder(), {
      's.ts': stage(
        "import { name } from './lib/name'; // A comment\nimport three from 'three';\n",
        'fromPipeline: { [name + three]: "name" },',
      ),
      'lib/name.ts': "export const name: string = 'title';",
      'node_modules/three/package.json':
        '{ "name": "three", "version": "1.0.0", "type": "module", "exports": "./m.js" }',
      'node_modules/three/m.js': 'export default 3;',
    });
    expect(await describeStage('./s.ts', copy)).toMatchObject({ summary: 'Remembered' });
    // Another default would give another result: nothing of a damaged file is taken.
    writeFileSync(path, sealed(remembered).replace('"default":2', '"default":3'));
    const third = writeFiles(testFolder(), { 's.ts': stage('') });
    expect(await describeStage('./s.ts', third)).toMatchObject({ summary: 'Scales' });
  });

  it('lets its code do nothing but declare, and see no secrets', async () => {
    vi.stubEnv('SECRET', 'x');
    const folder = writeFiles(testFolder(), {
      's.ts': stage(`import { appendFileSync, readFileSync, symlinkSync } from 'node:fs';
        import { execFileSync } from 'node:child_process';
        import { Worker } from 'node:worker_threads';
        import net, { connect } from 'node:net';
        import dgram from 'node:dgram';
        import { lookup, promises } from 'node:dns';
        import { setFlagsFromString, writeHeapSnapshot } from 'node:v8';
        const attempts: Record<string, () => unknown> = {
          write: () => appendFileSync('acted', 'x'),
          link: () => symlinkSync('/etc', 'acted'),
          read: () => readFileSync('/etc/hostname'),
          environ: () => readFileSync('/proc/self/environ'),
          program: () => execFileSync('true'),
          thread: () => new Worker('1', { eval: true }),
          connect: () => connect(1, '127.0.0.1'),
          socket: () => new net.Socket().connect({ path: '/run/docker.sock' }),
          listen: () => net.createServer().listen(0),
          datagram: () => dgram.createSocket('udp4').send('x', 1, '127.0.0.1'),
          name: () => lookup('localhost', () => 0),
          promised: () => promises.lookup('localhost'),
          signal: () => process.kill(process.ppid, 0),
          user: () => process.setuid!(process.getuid!()),
          group: () => process.setgroups!([]),
          snapshot: () => writeHeapSnapshot('acted'),
          flags: () => setFlagsFromString('--prof'),
          binding: () => (process as unknown as { binding(name: string): void }).binding('tcp_wrap'),
          fetch: () => { if (!('fetch' in globalThis)) throw Object.assign(new Error(), { code: 'ERR_ACCESS_DENIED' }); },
        };
        const allowed = await Promise.all(Object.entries(attempts).map(async ([name, attempt]) => {
          try { await attempt(); return name; } catch (error) {
            const { code } = error as { code?: string };
            return code === 'ERR_ACCESS_DENIED' ? '' : name + ': ' + code;
          }
        }));`).replace("'Scales'", "allowed.join('') + JSON.stringify(process.env)"),
    });
    expect(await describeStage('./s.ts', folder)).toMatchObject({ summary: '{}' });
    expect(existsSync(join(folder, 'acted'))).toBe(false);
  });

  it.each([
    ["import { writeFileSync } from 'node:fs';\nwriteFileSync('acted', '');", 'It writes a file'],
    ["import { readFileSync } from 'node:fs';\nreadFileSync('/etc/hostname');", 'It reads /etc/hostname'],
    ["import { connect } from 'node:net';\nconnect(1, '127.0.0.1');", 'It does more than declare a stage'],
  ])('says where it does more, and where that belongs: %j', async (top, what) => {
    expect(await describeText(stage(top))).toEqual({
      error: expect.stringMatching(/^\.\/s\.ts:\d: /) as unknown,
      hint: `${what} as it is loaded, which only run() may do: there, import() loads packages, too.`,
    });
  });

  it('takes what it prints for nothing', async () => {
    expect(await describeText(stage('console.log("hello"); console.error("hello");'))).toMatchObject({ name: 's' });
  });

  it.each([
    ['ends', 'process.exit(0);', './s.ts ended the process that loaded it (exit code 0).'],
    [
      'takes all memory',
      'const all: unknown[] = []; for (;;) all.push(Buffer.alloc(1 << 24, 1));',
      './s.ts took more than 300 MB of memory to load.',
    ],
  ])('one that %s is ended', async (_, top, error) => {
    const folder = writeFiles(testFolder(), { 's.ts': stage(top) });
    const order = { uses: './s.ts', folder, questions: [] };
    expect(await askReader(order, { seconds: 60, memory: 300 })).toEqual({
      problem: { error, hint: 'Move what it does while it is loaded into run().' },
    });
  });

  /**
   * On a machine that has much to do, a second or two are over before anything has begun, or most of them were spent with waiting
   * for a processor: then it gets more.
   */
  async function expectLate(order: Order, expected: (seconds: number) => Reply): Promise<void> {
    let seconds = 1;
    const ask = () => askReader(order, { seconds, memory: 300 });
    let reply = await ask();
    for (; seconds < 16 && !isDeepStrictEqual(reply, expected(seconds)); reply = await ask()) seconds *= 2;
    expect(reply).toEqual(expected(seconds));
  }

  const late = 'Move what it does while it is loaded into run().';
  it.each([
    [
      'computes without end',
      stage('for (;;);'),
      './s.ts was not loaded after N s: its top level was computing all the time.',
      `Is there a loop without an end? ${late}`,
    ],
    [
      'waits for ever',
      stage('setInterval(() => 0, 1000); await new Promise(() => 0);'),
      './s.ts was not loaded after N s: its top level was waiting all the time.',
      `Does it await what never comes? ${late}`,
    ],
    [
      'awaits what can’t come',
      stage('await new Promise(() => 0);'),
      './s.ts awaits at its top level what never comes: nothing is under way any more.',
      undefined,
    ],
    [
      'checks without end',
      stage('', 'check: () => { for (;;); },'),
      'check() of ./s.ts had not ended after N s: it was computing all the time.',
      'Is there a loop without an end? It is asked about parameters, and must answer soon.',
    ],
    [
      'lists files that can’t come',
      stage('', 'files: () => new Promise(() => 0),'),
      'files() of ./s.ts awaits what never comes: nothing is under way any more.',
      undefined,
    ],
  ])('one that %s is given up, with the reason', async (_, text, error, hint) => {
    const folder = writeFiles(testFolder(), { 's.ts': text });
    const name = error.startsWith('files') ? 'files' : 'check';
    const order = { uses: './s.ts', folder, questions: [{ name, args: [{ by: 1 }, {}] }] } as const;
    await expectLate(order, (seconds) => ({
      problem: { error: error.replace('after N s', `after ${seconds} s`), ...(hint && { hint }) },
    }));
  });

  it('tells what is being waited for, once for each thing', async () => {
    const said: string[] = [];
    tellOfWaiting((line) => said.push(line));
    const text = stage('', 'check: () => new Promise((done) => setTimeout(done, 2200, [])),');
    const folder = writeFiles(testFolder(), { 's.ts': text });
    const question = (by: number) => ({ name: 'check' as const, args: [{ by }, {}] });
    const order = { uses: './s.ts', folder, questions: [question(1), question(2)] };
    const reply = await askReader(order, { seconds: 60, memory: 300 });
    expect(reply).toMatchObject({ answers: [{ value: [] }, { value: [] }] });
    expect(said).toEqual([
      'check() of ./s.ts has not ended yet: it has been waiting for 3 s. It is given up after 60 s.',
    ]);
  });

  it('that is late on a machine with too much to do may be in time later', async () => {
    const order = { uses: './s.ts', folder: writeFiles(testFolder(), { 's.ts': stage('for (;;);') }), questions: [] };
    machine.load = 10_000;
    await expectLate(order, (seconds) => ({
      problem: {
        error: `./s.ts was not loaded after ${seconds} s: its top level was computing all the time.`,
        hint: 'Is there a loop without an end? Move what it does while it is loaded into run().',
      },
      passing: true,
    }));
  });

  it('says where a definition can’t be written down, and is no stage', async () => {
    expect(await describeText(stage('', 'fromPipeline: { n: 10n },'))).toMatchObject({
      error: expect.stringContaining('fromPipeline must name for each parameter') as unknown,
    });
    expect(await describeText(stage('', 'description: 10n,'))).toEqual({
      error: "The definition of ./s.ts can't be written as JSON: Do not know how to serialize a BigInt",
    });
    expect(await describeText('export default 7;')).toEqual({
      error: 'The default export of ./s.ts is not a stage: is not an object made by defineStage({ … }).',
    });
    expect(await describeText('const a = 1;\nconst b = ;')).toEqual({ error: './s.ts:2:11: Unexpected ";"' });
    const folder = writeFiles(testFolder(), { 'sub/s.ts': "import '../other';", 'other.ts': 'const = 3' });
    expect(await describeStage('./sub/s.ts', folder)).toEqual({
      error: './other.ts:1:7: Expected identifier but found "="',
    });
    expect(await describeText("\nimport { x } from './nothing';\nexport default x;")).toEqual({
      error: './s.ts:2:19: Could not resolve "./nothing"',
    });
    expect(await describeStage('./none.ts', testFolder())).toEqual({ error: 'The file ./none.ts does not exist.' });
    const latin = testFolder();
    writeFileSync(join(latin, 's.ts'), "export default 'é';", 'latin1');
    expect(await describeStage('./s.ts', latin)).toEqual({
      error: './s.ts can\'t be read: it is not UTF-8: the byte 0xE9 in line 1 is "é" in Windows-1252 (Latin-1).',
      hint: 'save it as UTF-8, such as with iconv -f WINDOWS-1252 -t UTF-8',
    });
  });

  it('asks its functions in the confined process, many at once, and remembers what they say', async () => {
    const text = stage(
      '',
      `check: ({ by }) => (by > 3 ? [{ parameter: 'by', message: 'must not be ' + by }] : by === 3 ? 7 : []),
       files: ({ by }, folder) => { if (by > 3) throw new Error('none'); return [folder + '/' + by]; },`,
    );
    const check = async (described: StageDefinition, by: number) => described.check!({ by }, {}, []);
    const found = (await describeText(text)) as StageDefinition;
    expect([await check(found, 2), await check(found, 5), await answersArrived()]).toEqual([[], [], true]);
    expect(await answersArrived()).toBe(false);
    expect(await check(found, 5)).toEqual([{ parameter: 'by', message: 'must not be 5' }]);
    // In the memory of another process it would be the same.
    const again = (await describeText(text)) as StageDefinition;
    expect([await check(again, 5), await answersArrived()]).toEqual([
      [{ parameter: 'by', message: 'must not be 5' }],
      false,
    ]);
    await check(again, 3);
    await answersArrived();
    await expect(check(again, 3)).rejects.toThrow('it gave no list of problems');
    expect(await again.files!({ by: 1 }, '/f')).toEqual(['/f/1']);
    await expect(again.files!({ by: 4 }, '/f')).rejects.toThrow(`The files of "./s.ts" can't be listed: none`);
  });
});

describe('what can’t be described', () => {
  /** What a new process says, which gets replies of its reader's one by one. */
  async function asked(replies: readonly object[], folder: string, uses = './s.ts') {
    vi.resetModules();
    const ask = vi.fn();
    for (const reply of replies) ask.mockResolvedValueOnce(reply);
    vi.doMock('../../src/stage/confined/process.js', () => ({ askReader: ask }));
    const { answersArrived, describeStage } = await import('../../src/stage/describe.js');
    const found = await describeStage(uses, folder);
    return { found, ask, answersArrived };
  }
  const late = { problem: { error: './s.ts was not loaded after 30 s.', hint: 'Hurry.' } };
  const again = (minutes: number) => ({
    ...late.problem,
    hint: `Hurry. It is tried again once its code changes, or in ${minutes} min.`,
  });
  const definition = {
    ...{ name: 's', summary: 'Scales', parameters: { type: 'object', properties: {} }, inputs: {} },
    ...{ outputs: { o: { description: 'The product', path: 'o.txt' } }, has: ['run', 'check'] },
  };
  const start = Date.UTC(2030, 0, 1);
  const passed = (minutes: number) => vi.setSystemTime(start + minutes * 60_000);

  it('is tried again after a while, once its code changes, and elsewhere', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    passed(0);
    const folder = writeFiles(testFolder(), { 's.ts': stage(''), 'copy/s.ts': stage('') });
    expect((await asked([late], folder)).found).toEqual(late.problem);
    passed(2.5);
    const { found, ask } = await asked([], folder);
    expect(found).toEqual(again(8));
    expect(ask).not.toHaveBeenCalled();
    // The text names the file: what it says of another, equal one is asked for.
    expect((await asked([late], join(folder, 'copy'))).found).toEqual(late.problem);
    expect((await asked([late], folder)).found).toEqual(late.problem);
    passed(12.5);
    expect((await asked([late], folder)).found).toEqual(late.problem);
    expect((await asked([], folder)).found).toEqual(again(10));
    // As of a clock that was set back.
    passed(0);
    expect((await asked([late], folder)).found).toEqual(late.problem);
    writeFileSync(join(folder, 's.ts'), stage('const changed = 1;', 'fromPipeline: { n: changed },'));
    expect((await asked([late], folder)).found).toEqual(late.problem);
  });

  it('is tried again at once where the machine may be to blame', async () => {
    const folder = writeFiles(testFolder(), { 's.ts': stage('') });
    expect((await asked([{ ...late, passing: true }], folder)).found).toEqual(late.problem);
    expect((await asked([late], folder)).found).toEqual(late.problem);
    expect((await asked([], folder)).found).toEqual(again(10));
  });

  it('is remembered of its functions no longer, either', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    passed(0);
    const folder = writeFiles(testFolder(), { 's.ts': stage('', 'check: () => [],') });
    const reply = { definition, answers: [] };
    const check = ({ found }: { found: unknown }) => (found as StageDefinition).check!({ by: 1 }, {}, []);
    const first = await asked([reply, { ...late, passing: true }], folder);
    check(first);
    await first.answersArrived();
    expect(() => check(first)).toThrow(late.problem.error);
    const second = await asked([late], folder);
    expect(check(second)).toEqual([]);
    await second.answersArrived();
    const third = await asked([{ definition, answers: [{ value: [] }] }], folder);
    expect(() => check(third)).toThrow(late.problem.error);
    passed(10);
    expect(check(third)).toEqual([]);
    expect(await third.answersArrived()).toBe(true);
    expect(third.ask).toHaveBeenCalledTimes(1);
  });
});
