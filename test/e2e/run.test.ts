import { chmodSync, existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alive, Sandbox, until } from './program.js';

/** A stage of the user's that adds up what it is given; it writes to `runs` each time it runs. */
const addStage = `import { appendFileSync, writeFileSync, readFileSync } from 'node:fs';
import { defineStage, StageError, Type } from 'spikeline';
export default defineStage({
  name: 'add',
  summary: 'Adds',
  parameters: Type.Object({ amount: Type.Integer({ minimum: 0, default: 1 }) }),
  inputs: { numbers: { description: 'Numbers', list: true, optional: true } },
  outputs: { sum: { description: 'The sum', path: 'sum.txt' } },
  async run({ parameters, inputs, outputs, pipelineFolder }) {
    appendFileSync(pipelineFolder + '/runs', 'x');
    if (parameters.amount === 13) throw new StageError('E_UNLUCKY', 'Thirteen is unlucky.', 'Take twelve.');
    const items = (inputs.numbers ?? []) as { path: string }[];
    const sum = items.reduce((total, { path }) => total + Number(readFileSync(path, 'utf8')), parameters.amount);
    writeFileSync(outputs.sum!, String(sum));
    return { sum };
  },
});
`;

const pipeline = `name: sums
axes: { n: [1, 2, 3] }
params: { extra: 10 }
stages:
  one: { uses: ./add.ts, over: [n], with: { amount: '\${{ n }}' } }
  all: { uses: ./add.ts, inputs: { numbers: one }, with: { amount: '\${{ params.extra }}' } }
  text:
    run: [sh, -c, 'cat "$1" > "$2"', sh, '\${{ inputs.sum }}', '\${{ outputs.copy }}']
    inputs: { sum: all }
    outputs: { copy: copy.txt }
expect:
  - { stage: all, metric: sum, value: 16 }
`;

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
  box.write('add.ts', addStage);
  box.write('p.yaml', pipeline);
});
afterEach(() => box.remove());

const runs = () => readFileSync(join(box.folder, 'runs'), 'utf8').length;
const ran = (...tasks: string[]) => Object.fromEntries(tasks.map((task) => [task, 'ran']));
const every = ['one@n=1', 'one@n=2', 'one@n=3', 'all', 'text'];

describe('run', () => {
  it('runs everything once, then nothing, then only what changed', async () => {
    expect(await box.outcomes(['p.yaml'])).toEqual(ran(...every));
    expect(readFileSync(join(box.folder, 'artifacts/sums/text/copy.txt'), 'utf8')).toBe('16');
    expect(await box.outcomes(['p.yaml'])).toEqual(Object.fromEntries(every.map((task) => [task, 'cached'])));
    expect(runs()).toBe(4);
    expect(await box.outcomes(['p.yaml', '--set', 'extra=20'])).toMatchObject({
      'one@n=1': 'cached',
      all: 'ran',
      text: 'ran',
    });
    // A new point of the axis: the old ones stay.
    expect(await box.outcomes(['p.yaml', '--set', 'n=[1, 2, 3, 4]'])).toMatchObject({
      'one@n=3': 'cached',
      'one@n=4': 'ran',
      all: 'ran',
    });
    const { code, out } = await box.run(['check', 'p.yaml']);
    expect([code, out]).toEqual([0, expect.stringContaining('1 of 1 met')]);
  });

  it('keeps results when a comment or type of a stage changes, and not when a formula does', async () => {
    await box.outcomes(['p.yaml']);
    box.write('add.ts', `// a comment\n${addStage.replace('const sum =', 'const sum: number =')}`);
    expect(await box.outcomes(['p.yaml'])).toEqual(Object.fromEntries(every.map((task) => [task, 'cached'])));
    box.write('add.ts', addStage.replace('parameters.amount);', 'parameters.amount + 1);'));
    expect(await box.outcomes(['p.yaml'])).toMatchObject({ 'one@n=1': 'ran', all: 'ran' });
    const { out } = await box.run(['status', 'p.yaml', '--set', 'extra=99']);
    expect(out).toContain('amount: 10 → 99');
  });

  it('stops at early cut-off: the same bytes upstream, nothing downstream', async () => {
    await box.outcomes(['p.yaml']);
    expect(await box.outcomes(['p.yaml', '--force', 'one'])).toEqual({
      ...ran('one@n=1', 'one@n=2', 'one@n=3'),
      all: 'cached',
      text: 'cached',
    });
  });

  it('runs targets with what they need', async () => {
    expect(await box.outcomes(['p.yaml', 'one@n=2'])).toEqual(ran('one@n=2'));
    expect(await box.outcomes(['p.yaml', 'all'])).toEqual({ ...ran('one@n=1', 'one@n=3', 'all'), 'one@n=2': 'cached' });
    const { code, err } = await box.run(['run', 'p.yaml', 'al']);
    expect([code, err]).toEqual([2, 'There is no stage "al".\n  hint: did you mean "all"?\n']);
  });

  it('tells what failed, skips what depends on it, and exits with 1', async () => {
    const { code, out, err } = await box.run(['run', 'p.yaml', '--set', 'extra=13']);
    expect(code).toBe(1);
    expect(err).toBe('');
    expect(out).toContain(
      'all failed [E_UNLUCKY]\n  Thirteen is unlucky.\n  hint: Take twelve.\n  log:  npx spikeline log p.yaml all',
    );
    expect(out).not.toMatch(/\n\s+at /);
    expect(out).toContain('ran 3, cached 0, failed 1, skipped 1');
  });

  it('with --keep-going finishes what does not depend on a failure', async () => {
    const stages = `name: two\nstages:\n  bad: { run: 'exit 3' }\n  after: { run: [cp, '\${{ inputs.x }}', '\${{ outputs.y }}'], inputs: { x: other }, outputs: { y: y } }\n  other: { run: 'sleep 0.5; echo hello > \${{ outputs.x }}', outputs: { x: x } }\n`;
    box.write('two.yaml', stages);
    expect(await box.outcomes(['two.yaml', '--keep-going'])).toEqual({ bad: 'failed', other: 'ran', after: 'ran' });
    const { out } = await box.run(['run', 'two.yaml']);
    expect(out).toContain('The command failed with exit code 3.');
  });

  it('says which output is missing', async () => {
    box.write('m.yaml', `name: m\nstages:\n  a: { run: 'true', outputs: { x: x.txt } }\n`);
    const { code, out } = await box.run(['run', 'm.yaml']);
    expect(code).toBe(1);
    expect(out).toContain('its output "x" (x.txt) is not there');
    expect(out).toContain('hint: Write it to ${{ outputs.x }}.');
  });

  it('gives commands only the variables that are declared', async () => {
    box.write(
      'e.yaml',
      `name: e\nstages:\n  a: { run: 'echo "$SEEN-$HIDDEN" > \${{ outputs.x }}', outputs: { x: x }, env: [SEEN] }\n`,
    );
    await box.run(['run', 'e.yaml'], { SEEN: 'yes', HIDDEN: 'no' });
    expect(readFileSync(join(box.folder, 'artifacts/e/a/x'), 'utf8')).toBe('yes-\n');
    const { out } = await box.run(['status', 'e.yaml'], { SEEN: 'other', HIDDEN: 'no' });
    expect(out).toContain('SEEN');
    expect(out).toContain('0 of 1 cached');
  });

  it('runs a stage whose result a command damaged in the store again', async () => {
    await box.outcomes(['p.yaml']);
    const blob = join(box.folder, 'artifacts/sums/all/sum.txt');
    chmodSync(realpathSync(blob), 0o644);
    writeFileSync(realpathSync(blob), '17');
    expect(await box.outcomes(['p.yaml'])).toMatchObject({ all: 'ran' });
    expect(readFileSync(blob, 'utf8')).toBe('16');
  });
});

describe('interruption', () => {
  const slow = `name: slow
stages:
  nap:
    run: 'echo $$ > \${{ outputs.pid }}; cp \${{ outputs.pid }} pid; sleep 60'
    outputs: { pid: pid }
`;
  const pid = () => Number(readFileSync(join(box.folder, 'pid'), 'utf8'));

  it('Ctrl-C ends commands and exits with 130', async () => {
    box.write('s.yaml', slow);
    const running = box.start(['run', 's.yaml']);
    await until(() => existsSync(join(box.folder, 'pid')), 'the command runs');
    running.child.kill('SIGINT');
    const { code, out } = await running.result;
    expect(code).toBe(130);
    expect(out).toContain('(interrupted)');
    await until(() => !alive(pid()), 'the command is gone');
  });

  it('kill -9 leaves no orphan, and the next run goes on', async () => {
    box.write('s.yaml', slow);
    const running = box.start(['run', 's.yaml']);
    await until(() => existsSync(join(box.folder, 'pid')), 'the command runs');
    running.child.kill('SIGKILL');
    await running.result;
    await until(() => !alive(pid()), 'the command is gone');
    box.write('s.yaml', slow.replace('sleep 60', 'true'));
    expect(await box.outcomes(['s.yaml'])).toEqual({ nap: 'ran' });
  });

  it('two runs at once compute a task once', async () => {
    box.write(
      's.yaml',
      `name: once\nstages:\n  a: { run: 'echo x >> count; sleep 1; echo done > \${{ outputs.x }}', outputs: { x: x } }\n`,
    );
    const both = await Promise.all([box.outcomes(['s.yaml']), box.outcomes(['s.yaml'])]);
    expect(both.map(({ a }) => a).sort()).toEqual(['cached', 'ran']);
    expect(readFileSync(join(box.folder, 'count'), 'utf8')).toBe('x\n');
  });
});

describe('mistakes in the call', () => {
  it.each([
    [['rnu', 'p.yaml'], 'There is no command "rnu".\n  hint: did you mean "run"?\n'],
    [['run', 'p.yaml', '--jobs', '0'], '--jobs 0: a whole number from 1 on is needed.\n'],
    [
      ['run', 'p.yaml', '--set', 'extr=1'],
      'error[E_SET]: --set extr: there is no param or axis "extr".\n  hint: did you mean "extra"?\n\n1 error in p.yaml\n',
    ],
    [['run', 'none.yaml'], "error[E_FILE]: none.yaml can't be read: there is no such file.\n\n1 error in none.yaml\n"],
    [
      ['run', 'p.yaml', '--profile', 'x'],
      'error[E_UNKNOWN_PROFILE]: There is no profile "x".\n  hint: the file declares no profiles\n\n1 error in p.yaml\n',
    ],
    [['stages', 'trian'], 'There is no stage "trian".\n  hint: did you mean "train"?\n'],
  ])('%j', async (args, message) => {
    const { code, err } = await box.run(args);
    expect([code, err]).toEqual([2, message]);
  });

  it('an unknown option is named, with a suggestion', async () => {
    const { code, err } = await box.run(['run', 'p.yaml', '--keep-goin']);
    expect(code).toBe(2);
    expect(err).toContain('--keep-going');
  });

  it('a pipeline of the only file here is found', async () => {
    expect(await box.outcomes([])).toEqual(ran(...every));
  });
});

describe('reports', () => {
  it('show prints metrics over the axes, for people and programs', async () => {
    await box.outcomes(['p.yaml']);
    const { out } = await box.run(['show', 'p.yaml', '--json']);
    expect(JSON.parse(out)).toContainEqual({ task: 'one@n=2', stage: 'one', axes: { n: 2 }, metrics: { sum: 2 } });
    expect((await box.run(['show', 'p.yaml'])).out).toContain('one\nn  sum\n─  ───\n1    1\n2    2\n3    3\n');
  });

  it('plan says what would run, and runs nothing', async () => {
    const { code, out } = await box.run(['plan', 'p.yaml']);
    expect(code).toBe(0);
    expect(out).toContain('run    one@n=1 (never run here)\n');
    expect(out).toContain('5 to run, 0 cached');
    expect(existsSync(join(box.folder, 'runs'))).toBe(false);
  });

  it('log, doctor, stages and schema answer', async () => {
    await box.outcomes(['p.yaml']);
    expect((await box.run(['log', 'p.yaml', 'text'])).code).toBe(0);
    const doctor = await box.run(['doctor']);
    expect([doctor.code, doctor.out]).toEqual([0, expect.stringContaining('WebAssembly with SIMD')]);
    expect((await box.run(['stages'])).out).toContain('snn-convert');
    expect(JSON.parse((await box.run(['schema'])).out)).toMatchObject({ title: 'Spikeline pipeline' });
  });
});
