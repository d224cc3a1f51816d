import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildFolder } from '../../src/paths.js';
import { ownMistake } from '../e2e/program.js';
import { type ControlGroup, makeControlGroup } from './control-group.js';
import type { Example } from './pipeline.js';
import { cleanRun, type Rig, withRig } from './rig.js';

/** Calls the program within a limit of the shell's, such as `-n 64`. Standard output is a pipe: the limit is on files. */
const within = (rig: Rig, limit: string, ...words: string[]) => after(rig, { done: `ulimit ${limit}` }, ...words);

/** Calls the program as one of a control group. */
const inGroup = (rig: Rig, { doors }: ControlGroup, ...words: string[]) =>
  after(rig, { done: doors.map((door) => `echo $$ > ${door}`).join('; ') }, ...words);

/** Calls the program where a shell has done something before, with so many more files open. */
function after(rig: Rig, { done, held = 0 }: { done: string; held?: number }, ...words: string[]) {
  const script = `${done}; exec "$@"`;
  const call = [process.execPath, join(buildFolder, 'cli.cjs'), ...words];
  const env = { ...process.env, CI: 'true', XDG_CONFIG_HOME: rig.path('.config') };
  const file = openSync('/dev/null', 'r');
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, '--', ...call], {
    cwd: rig.folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe', ...Array<number>(held).fill(file)],
  });
  closeSync(file);
  return { code: status, out: stdout, err: stderr };
}

/** A task's outcome, or the code of its failure. */
function outcomes(out: string): Record<string, unknown> {
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const tasks = events.filter(({ event }) => event === 'task');
  return Object.fromEntries(
    tasks.map(({ task, status, failure }) => [task, (failure as { code: string } | undefined)?.code ?? status]),
  );
}

const training = `name: limited
stages:
  data: { uses: dataset, with: { name: fashion-mnist-sample, subset: { train: 20, test: 20 } } }
  train:
    uses: train
    inputs: { data: data }
    with: { network: 16C5-P2-32, k: 1, B: 2, epochs: 1, batch: 10 }
  large: { run: 'head -c 200000 /dev/zero > \${{ outputs.x }}', outputs: { x: x } }
  mine: { uses: ./mine.ts }
  other: { run: 'echo 1 > \${{ outputs.x }}', outputs: { x: x } }
`;
const mine = `import { writeFileSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'mine', summary: 'Mine', parameters: Type.Object({}), inputs: {},
  outputs: { x: { description: 'Zeros', path: 'x' } },
  async run({ outputs, log }) { log('so far'); writeFileSync(outputs.x!, Buffer.alloc(200_000)); },
});
`;

const large = 'It wrote a file larger than allowed. `ulimit -f` shows the limit.';

describe.skipIf(process.platform === 'win32')('a limit of', () => {
  it('the size of files fails the tasks that meet it; without it the run goes on', async () => {
    await withRig(
      (rig) => {
        const call = ['run', 'p.yaml', '--keep-going', '--reporter', 'json'];
        const limited = within(rig, '-f 64', ...call);
        expect([limited.code, limited.err]).toEqual([1, '']);
        expect(outcomes(limited.out)).toEqual({
          data: 'ran',
          train: 'E_STORE_FULL',
          large: 'E_COMMAND',
          mine: 'E_STORE_FULL',
          other: 'ran',
        });
        expect(limited.out).toContain(large);
        // Not even a log can be written.
        const none = within(rig, '-f 0', ...call, '--force');
        expect(none.code).toBe(1);
        const full = 'E_STORE_FULL';
        const command = 'E_COMMAND';
        expect(outcomes(none.out)).toEqual({
          data: full,
          train: 'skipped',
          large: command,
          mine: full,
          other: command,
        });
        expect(none.out.split(large)).toHaveLength(3);
        expect(readdirSync(rig.path('artifacts/store/tmp'))).toEqual([]);
        const free = within(rig, '-f unlimited', ...call);
        expect(outcomes(free.out)).toEqual({
          data: 'cached',
          train: 'ran',
          large: 'ran',
          mine: 'ran',
          other: 'cached',
        });
        return Promise.resolve();
      },
      { files: { 'p.yaml': training, 'mine.ts': mine }, tasks: [] },
    );
  });

  it.skipIf(process.platform !== 'linux')(
    'open files, of which others have left too few, is told by each task',
    async () => {
      const files = {
        'command.yaml': 'name: few\nstages: { list: { run: [echo, hello] } }\n',
        'both.yaml': 'name: few\nstages: { mine: { uses: ./mine.ts }, list: { run: [echo, hello] } }\n',
        'mine.ts': mine,
      };
      await withRig(
        (rig) => {
          const seen = new Set<unknown>();
          // From where no process can be started to where all goes well.
          for (const held of [46, 44, 42, 41, 40, 39, 36])
            for (const file of ['command.yaml', 'both.yaml']) {
              const call = ['run', file, '--force', '--keep-going', '--reporter', 'json'];
              const { out, err } = after(rig, { done: 'ulimit -n 64', held }, ...call);
              expect(out + err).not.toMatch(ownMistake);
              // Not in words of esbuild's, and not as if the stage were to blame.
              expect(out + err).not.toMatch(/bin\/esbuild|ended the process that loaded it/);
              expect(err.match(/too many files/gi)?.length ?? 0).toBeLessThan(2);
              if (out.includes('E_TASK_DIED'))
                expect(out).toContain("The task's process could not be started: too many files are open.");
              if (out !== '') for (const outcome of Object.values(outcomes(out))) seen.add(outcome);
            }
          expect([...seen].sort()).toEqual(['E_TASK_DIED', 'ran']);
          return Promise.resolve();
        },
        { files, tasks: [] },
      );
    },
  );

  it.skipIf(process.platform !== 'linux')('open files is told before anything runs, or does no harm', async () => {
    const clean = await cleanRun();
    await withRig(async (rig) => {
      for (const command of ['run', 'status'])
        expect(within(rig, '-n 24', command, 'p.yaml')).toEqual({
          code: 1,
          out: '',
          err: 'A process may have 24 files open at a time here; at least 64 are needed.\n  hint: Allow more, such as with `ulimit -n 1024`.\n',
        });
      expect(readdirSync(rig.folder)).not.toContain('artifacts');
      expect(within(rig, '-n 64', 'run', 'p.yaml').code).toBe(0);
      const { show: _, ...whole } = clean;
      expect(rig.snapshot()).toEqual(whole);
    });
  });
});

const group = makeControlGroup(150_000_000);
afterAll(() => group?.remove());

const hungry = 'const all = []; while (true) all.push(Buffer.alloc(1e6, 1));';
const hungryTasks: Example = {
  files: {
    'p.yaml': `name: hungry
stages:
  list: { run: [node, hungry.js] }
  string: { run: 'node hungry.js; exit $?', inputs: { program: { file: hungry.js } } }
  stage: { uses: ./hungry.ts }
  other: { run: 'echo 1 > \${{ outputs.x }}', outputs: { x: x } }
`,
    'hungry.js': hungry,
    'hungry.ts': `import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'hungry', summary: 'Hungry', parameters: Type.Object({}), inputs: {}, outputs: {},
  async run() { ${hungry} },
});
`,
  },
  tasks: [],
};

describe.skipIf(group === undefined)('a container', () => {
  it('has the memory that it was given: tasks that want more fail and say so, and others go on', async () => {
    await withRig((rig) => {
      const call = ['run', 'p.yaml', '--keep-going', '--jobs', '1', '--reporter', 'json'];
      const { out } = inGroup(rig, group!, ...call);
      expect(outcomes(out)).toEqual({ list: 'E_COMMAND', string: 'E_COMMAND', stage: 'E_TASK_DIED', other: 'ran' });
      expect(out.split('There was no memory left for it.')).toHaveLength(1 + 3);
      return Promise.resolve();
    }, hungryTasks);
  });

  it('keeps no more cores busy than it has the time of', async () => {
    await withRig((rig) => {
      const { out } = inGroup(rig, group!, 'doctor');
      expect(out).toMatch(cpus().length > 1 ? /processor +ok +1 of \d+ cores/ : /processor +ok +1 core,/);
      expect(out).toMatch(/memory +ok +0\.\d GiB free of 0\.1 GiB/);
      return Promise.resolve();
    });
  });
});
