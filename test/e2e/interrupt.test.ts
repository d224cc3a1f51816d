import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { ownToken } from '../../src/files/process-identity.js';
import { buildFolder } from '../../src/paths.js';
import { alive, type Sandbox, test, until } from './program.js';

/** A command of two processes, which both would last a minute. Their ids go to files. */
const nap = `name: nap
stages:
  nap: { run: 'sleep 60 & echo $! > child; echo $$ > pid; wait; true', outputs: { x: x } }
`;

/** It ends in an orderly way, in its own time, and claims success. */
const tidy = `name: tidy
stages:
  tidy: { run: 'sh tidy.sh; echo never > late', outputs: { x: x } }
`;
const tidyScript = `trap 'sleep 0.5; echo yes > tidied; exit 0' TERM
echo $$ > pid
sleep 60 &
wait
`;

const deaf = `name: deaf
stages:
  deaf: { run: 'trap "" TERM INT; echo $$ > pid; while :; do sleep 0.1; done' }
`;

/** A stage that computes without a pause: no event reaches it. */
const busyStage = `import { writeFileSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'busy', summary: 'Busy', parameters: Type.Object({}), inputs: {}, outputs: {},
  async run({ pipelineFolder }) {
    writeFileSync(pipelineFolder + '/pid', process.pid + '\\n');
    for (;;);
  },
});
`;

/** Waits until it is asked to end, and says what asked: of the signals that a run gets, none is sent to it. */
const listeningStage = `import { writeFileSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'listening', summary: 'Listens', parameters: Type.Object({}), inputs: {}, outputs: {},
  async run({ signal, pipelineFolder }) {
    const rest = setInterval(() => undefined, 1000);
    const asked = new Promise((resolve) => signal.addEventListener('abort', resolve));
    writeFileSync(pipelineFolder + '/pid', process.pid + '\\n');
    await asked;
    clearInterval(rest);
    writeFileSync(pipelineFolder + '/asked', 'yes');
  },
});
`;

/** Counts to five, keeps the count, and at three dies once, as by \`kill -9\`. */
const countStage = `import { existsSync, appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'count', summary: 'Counts', parameters: Type.Object({}), inputs: {},
  outputs: { counted: { description: 'The numbers', path: 'counted.txt' } },
  async run({ outputs, resume, pipelineFolder }) {
    const saved = await resume.load();
    let numbers = saved === undefined ? [] : JSON.parse(Buffer.from(saved).toString());
    for (let n = numbers.length + 1; n <= 5; n++) {
      appendFileSync(pipelineFolder + '/steps', n + ' ');
      numbers = [...numbers, n];
      await resume.save(Buffer.from(JSON.stringify(numbers)));
      if (n === 3 && existsSync(pipelineFolder + '/die')) {
        rmSync(pipelineFolder + '/die');
        process.kill(process.pid, 'SIGKILL');
      }
    }
    writeFileSync(outputs.counted!, numbers.join(' '));
  },
});
`;

/** Starts a program on a terminal that reads what it shows – a full one makes it wait –, and closes that once a file is there. */
const terminal = `import os, pty, select, sys
pid, terminal = pty.fork()
if pid == 0: os.execv(sys.argv[2], sys.argv[2:])
while not os.path.exists(sys.argv[1]):
    if select.select([terminal], [], [], 0.05)[0]: os.read(terminal, 65536)
os.close(terminal)
print('exit', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

const gone = (...pids: number[]) => until(() => !pids.some(alive), 'nothing is left running');
const workFolders = (box: Sandbox) => readdirSync(box.path('artifacts/store/tmp'));

describe.concurrent('Ctrl-C', () => {
  test.for([
    ['SIGINT', 130],
    ['SIGTERM', 130],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
  ] as const)('%s ends commands with all they started; exit code %i', async ([signal, exitCode], { box }) => {
    box.write('p.yaml', nap);
    const running = box.start(['run', 'p.yaml', '--artifacts', 'mine']);
    const pids = [await box.pid('pid'), await box.pid('child')];
    running.child.kill(signal);
    const { code, out, err } = await running.result;
    expect(pids.filter(alive)).toEqual([]);
    expect([code, err]).toEqual([exitCode, '']);
    expect(out).toContain('interrupted: ending the running tasks (again to kill them)\n');
    expect(out).toContain('nap: ran 0, cached 0, failed 0, skipped 1 in');
    expect(out).toContain('Continue with: npx spikeline run p.yaml --artifacts mine\n');
  });

  test('and the end of a terminal are one, unless nohup was to keep the run from it', async ({ box }) => {
    box.write('p.yaml', nap);
    const kept = box.start(['run', 'p.yaml'], { _: '/usr/bin/nohup' });
    await box.pid('pid');
    kept.child.kill('SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 400));
    kept.child.kill('SIGTERM');
    expect((await kept.result).code).toBe(130);
    // A script under nohup passes on what it ignores, and Node forgets it.
    box.write('script.yaml', nap.replace('name: nap', 'name: script').replaceAll('pid', 'pid3'));
    const words = [process.execPath, join(buildFolder, 'cli.cjs'), 'run', 'script.yaml'];
    const script = spawn('sh', ['-c', 'trap "" HUP; "$@" & echo $! > program; wait $!', '--', ...words], {
      cwd: box.folder,
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => script.on('close', resolve));
    await box.pid('pid3');
    const program = await box.pid('program');
    process.kill(program, 'SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 400));
    process.kill(program, 'SIGTERM');
    expect(await ended).toBe(130);
    if (spawnSync('python3', ['-c', 'import pty']).status !== 0) return;
    box.write('again.yaml', nap.replace('name: nap', 'name: again').replaceAll('pid', 'pid2'));
    const again = [process.execPath, join(buildFolder, 'cli.cjs'), 'run', 'again.yaml'];
    const closed = spawnSync('python3', ['-c', terminal, box.path('pid2'), ...again], {
      cwd: box.folder,
      env: { ...process.env, CI: undefined, TERM: 'xterm' },
      encoding: 'utf8',
      timeout: 300_000,
    });
    expect([closed.stdout, closed.stderr]).toEqual(['exit 129\n', '']);
    expect(alive(await box.pid('pid2'))).toBe(false);
  });

  test('is told to a stage by its signal, which may end in an orderly way', async ({ box }) => {
    box.write('p.yaml', 'name: p\nstages: { a: { uses: ./listening.ts } }\n');
    box.write('listening.ts', listeningStage);
    const running = box.start(['run', 'p.yaml']);
    await box.pid('pid');
    running.child.kill('SIGTERM');
    const { code, out } = await running.result;
    expect([code, box.read('asked')]).toEqual([130, 'yes']);
    expect(out).toContain('p: ran 0, cached 0, failed 0, skipped 1 in');
  });

  test('ends a run that waits for a gc', async ({ box }) => {
    box.write('p.yaml', nap);
    mkdirSync(box.path('artifacts/store/locks'), { recursive: true });
    symlinkSync(`${ownToken()} here`, box.path('artifacts/store/locks/gc'));
    const running = box.start(['run', 'p.yaml']);
    const told = `The run waits for a gc that is cleaning the store (process ${process.pid} on here).`;
    await until(() => running.out.includes(told), 'it is told');
    running.child.kill('SIGINT');
    const { code, out, err } = await running.result;
    expect([code, err]).toEqual([130, '']);
    expect(out).toContain('nap: ran 0, cached 0, failed 0, skipped 1 in');
  });

  test.for([
    ['plan', []],
    ['status', []],
    ['show', []],
    ['check', []],
    ['graph', []],
    ['why', ['s']],
    ['verify', ['s']],
  ] as const)('ends %s that reads a large input, which is told', async ([command, targets], { box }) => {
    box.write(
      'p.yaml',
      'name: p\nstages: { s: { run: [cat, "${{ inputs.f }}"], inputs: { f: { file: large } }, outputs: { metrics: m } }, t: { run: [sleep, 0] } }\n' +
        'expect: [{ stage: s, metric: a, value: 1 }]\n',
    );
    // Where nothing has run, `verify` has no need to read.
    box.write('large', '');
    await box.outcomes(['p.yaml', 't']);
    truncateSync(box.path('large'), 2 ** 40);
    const running = box.start([command, 'p.yaml', ...targets]);
    const told = /reading large: [\d.]+ [MG]B of 1\.1 TB$/m;
    await until(() => told.test(running.err) || told.test(running.out), 'it is told');
    running.child.kill('SIGINT');
    const { code, err } = await running.result;
    // Where no run has to end in order, the signal ends the program.
    expect(code).toBe(command === 'verify' ? 130 : null);
    expect(err.split('\n').filter((line) => line !== '' && !told.test(line))).toEqual([]);
  });

  test('ends a run that reads a large input, which is told', async ({ box }) => {
    box.write('p.yaml', 'name: p\nstages: { s: { run: [cat, "${{ inputs.f }}"], inputs: { f: { file: large } } } }\n');
    box.write('large', '');
    truncateSync(box.path('large'), 2 ** 40);
    const running = box.start(['run', 'p.yaml']);
    await until(() => /^wait {4}s: reading large: [\d.]+ [MG]B of 1\.1 TB$/m.test(running.out), 'it is told');
    running.child.kill('SIGINT');
    const { code, out, err } = await running.result;
    expect([code, err]).toEqual([130, '']);
    expect(out).toContain('p: ran 0, cached 0, failed 0, skipped 1 in');
  });

  test('wakes what was stopped', async ({ box }) => {
    const stop = "trap 'echo > woken; exit 0' TERM; kill -STOP $$; sleep 60";
    box.write('stop.sh', stop);
    box.write('p.yaml', 'name: p\nstages:\n  s: { run: [sh, stop.sh], timeout: 1, outputs: { x: x } }\n');
    expect(await box.failures(['p.yaml'])).toMatchObject({ s: { code: 'E_TIMEOUT' } });
    expect(box.has('woken')).toBe(true);
  });

  test('lets a command tidy up, once, and records nothing of it', async ({ box }) => {
    box.write('p.yaml', tidy);
    box.write('tidy.sh', tidyScript);
    const running = box.start(['run', 'p.yaml']);
    const pid = await box.pid('pid');
    running.child.kill('SIGINT');
    // npm hands on the Ctrl-C that the terminal has sent already: that is no second one.
    running.child.kill('SIGINT');
    expect((await running.result).code).toBe(130);
    expect(alive(pid)).toBe(false);
    expect([box.has('tidied'), box.has('late')]).toEqual([true, false]);
    expect((await box.run(['plan', 'p.yaml'])).out).toBe(
      'run    tidy (no result yet: it failed or was interrupted)\n\n1 to run, 0 cached\ntime: unknown, because nothing like it has run here\n',
    );
    expect(workFolders(box)).toEqual([]);
  });

  test.for([
    ['a command that will not hear', deaf],
    ['a stage that can not hear', 'name: deaf\nstages:\n  deaf: { uses: ./busy.ts }\n'],
  ] as const)('a second one kills %s', async ([, pipeline], { box }) => {
    box.write('p.yaml', pipeline);
    box.write('busy.ts', busyStage);
    const running = box.start(['run', 'p.yaml']);
    const pid = await box.pid('pid');
    running.child.kill('SIGINT');
    await until(() => running.out.includes('interrupted'), 'the first one is heard');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(alive(pid)).toBe(true);
    running.child.kill('SIGINT');
    expect((await running.result).code).toBe(130);
    await gone(pid);
  });
});

describe.concurrent('one signal', () => {
  test.skipIf(process.platform !== 'linux')(
    'ends what never listens after a while, even if it was stopped with all that runs it',
    async ({ box }) => {
      box.write(
        'p.yaml',
        `name: deaf
stages:
  command: { run: 'trap "" TERM INT; echo $$ > pid; while :; do sleep 0.1; done' }
  stage: { uses: ./deaf.ts }
`,
      );
      box.write(
        'deaf.ts',
        busyStage
          .replace('for (;;);', 'await new Promise((done) => setTimeout(done, 600_000));')
          .replace('/pid', '/pid2'),
      );
      const running = box.start(['run', 'p.yaml']);
      const pids = [await box.pid('pid'), await box.pid('pid2')];
      // The process that runs commands, too.
      const host = Number(readFileSync(`/proc/${pids[0]}/stat`, 'utf8').split(' ')[3]);
      for (const pid of [...pids, host]) process.kill(pid, 'SIGSTOP');
      running.child.kill('SIGTERM');
      expect((await running.result).code).toBe(130);
      await gone(...pids);
    },
  );
});

describe.concurrent('kill -9', () => {
  test('of the program leaves no orphan, and the next run goes on', async ({ box }) => {
    box.write('p.yaml', nap);
    const running = box.start(['run', 'p.yaml']);
    const pids = [await box.pid('pid'), await box.pid('child')];
    running.child.kill('SIGKILL');
    await running.result;
    await gone(...pids);
    box.write('p.yaml', nap.replace('sleep 60', 'true').replace('true', 'echo > ${{ outputs.x }}'));
    expect(await box.outcomes(['p.yaml'])).toEqual({ nap: 'ran' });
    expect(workFolders(box)).toEqual([]);
  });

  test('of the program ends a stage that computes without a pause', async ({ box }) => {
    box.write('p.yaml', 'name: busy\nstages:\n  busy: { uses: ./busy.ts }\n');
    box.write('busy.ts', busyStage);
    const running = box.start(['run', 'p.yaml']);
    const pid = await box.pid('pid');
    running.child.kill('SIGKILL');
    await running.result;
    await gone(pid);
  });

  test('of a task fails it; the next run goes on where it was, to the same bytes', async ({ box }) => {
    box.write('p.yaml', 'name: count\nstages:\n  count: { uses: ./count.ts }\n');
    box.write('count.ts', countStage);
    box.write('die', '');
    expect(await box.failures(['p.yaml'])).toEqual({
      count: {
        code: 'E_TASK_DIED',
        message: "The task's process was ended by SIGKILL.",
        hint: 'Was it killed, or out of memory? The log may say more.',
      },
    });
    expect(await box.outcomes(['p.yaml'])).toEqual({ count: 'ran' });
    expect(box.read('steps')).toBe('1 2 3 4 5 ');
    expect(box.read('artifacts/count/count/counted.txt')).toBe('1 2 3 4 5');
    expect(readdirSync(box.path('artifacts/store/resume'))).toEqual([]);
  });
});
