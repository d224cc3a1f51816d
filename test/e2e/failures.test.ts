import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { steady, test, until } from './program.js';

/** A stage that fails in the way it is asked to. */
const failingStage = `import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineStage, UserError, Type } from 'spikeline';
export default defineStage({
  name: 'fail',
  summary: 'Fails',
  parameters: Type.Object({ how: Type.String() }),
  inputs: {},
  outputs: { x: { description: 'Anything', path: 'x.txt' } },
  async run({ parameters: { how }, outputs, log }) {
    log('this is ' + how);
    if (how === 'mistake') throw new UserError('E_UNLUCKY', 'Thirteen is unlucky.', 'Take twelve.');
    if (how === 'crash') throw new TypeError('x is not y');
    if (how === 'object') throw { reason: 'none', nested: { deep: [1] } };
    if (how === 'long') throw new Error('e'.repeat(1_000_000));
    if (how === 'timer') {
      setTimeout(() => { throw new Error('too late'); }, 1);
      await sleep(60_000);
    }
    if (how === 'exit') process.exit(3);
    if (how === 'forget') return { fine: 1 };
    writeFileSync(outputs.x!, 'x');
    return how === 'map' ? { nested: { a: 1 } } : { number: -0, notNumber: Number.NaN, none: undefined, list: [1, 2] };
  },
});
`;

const crashed = (message: string) => ({
  code: 'E_STAGE_CRASHED',
  message: `The stage crashed: ${message}`,
  hint: 'The log has the stack trace.',
});

describe.concurrent('a failure', () => {
  test.skipIf(process.platform === 'win32')(
    'of a command that kills what runs all of them are its own: others are run again',
    async ({ box }) => {
      box.write(
        'p.yaml',
        `name: p
stages:
  bad: { run: 'for i in $(seq 100); do test -e begun && break; sleep 0.05; done; kill -9 $PPID; sleep 5' }
  good: { run: 'echo > begun; sleep 0.5; echo ok > \${{ outputs.x }}', outputs: { x: x } }
`,
      );
      const { code, out } = await box.run(['run', 'p.yaml', '--keep-going']);
      expect(code).toBe(1);
      expect(out).toContain('bad failed [E_TASK_DIED]\n  The process that ran the command was ended by SIGKILL.');
      expect(out).toContain('p: ran 1, cached 0, failed 1 in ');
      expect(box.read('artifacts/p/good/x')).toBe('ok\n');
    },
  );

  test('is told with what to do, ends the run, and exits with 1', async ({ box }) => {
    box.write(
      'p.yaml',
      `name: bad
axes: { n: [0, 3] }
stages:
  first: { run: 'echo some output; echo x >&2; exit \${{ n }}', over: [n], outputs: { x: x } }
  after: { run: 'cat \${{ inputs.x }}', inputs: { x: first } }
`,
    );
    const { code, out, err } = await box.run(['run', 'p.yaml', '--set', 'n=[3]', '--artifacts', 'my results']);
    expect([code, err]).toEqual([1, '']);
    expect(steady(out)).toBe(`bad: 2 tasks
start   first@n=3 (never run here)
FAILED  first@n=3: The command failed with exit code 3.
        | some output
        | x

first@n=3 failed [E_COMMAND]
  The command failed with exit code 3.
  log:  npx spikeline log p.yaml first@n=3 --set 'n=[3]' --artifacts 'my results'

bad: ran 0, cached 0, failed 1, skipped 1 in N s
`);
    const log = await box.run(['log', 'p.yaml', 'first@n=3', '--artifacts', 'my results']);
    expect(log).toEqual({ code: 0, out: 'some output\nx\n', err: '' });
    expect((await box.run(['log', 'p.yaml', 'first@n=0'])).out).toBe('first@n=0 has no log: it has not run here.\n');
    // Nobody writes into a pipe.
    const pipe = box.path('my results/bad/.logs/first@n=3.log');
    rmSync(pipe);
    execFileSync('mkfifo', [pipe]);
    const { code: refused, err: said } = await box.run(['log', 'p.yaml', 'first@n=3', '--artifacts', 'my results']);
    expect([refused, said]).toEqual([
      1,
      `The log of first@n=3 can't be read: it is a pipe: ${pipe}.\n  hint: Remove it: the next run of the task writes a new one.\n`,
    ]);
  });

  test('of a stage is told in its words; a stack trace is in the log alone', async ({ box }) => {
    box.write('fail.ts', failingStage);
    const how = ['mistake', 'crash', 'object', 'long', 'timer', 'exit', 'forget', 'map', 'none'];
    const stages = how.map((way) => `  ${way}: { uses: ./fail.ts, with: { how: ${way} } }\n`).join('');
    box.write('p.yaml', `name: fails\nstages:\n${stages}`);
    expect(await box.failures(['p.yaml', '--keep-going'])).toEqual({
      mistake: { code: 'E_UNLUCKY', message: 'Thirteen is unlucky.', hint: 'Take twelve.' },
      crash: crashed('x is not y'),
      object: crashed("{ reason: 'none', nested: { deep: [ 1 ] } }"),
      long: crashed(`${'e'.repeat(4000)}… (1000000 characters)`),
      timer: crashed('too late'),
      exit: {
        code: 'E_TASK_DIED',
        message: "The task's process ended with exit code 3 before the task was done.",
        hint: 'The log may say why.',
      },
      forget: {
        code: 'E_OUTPUT_MISSING',
        message: 'The task ended, but its output "x" (x.txt) is not there.',
        hint: 'The stage must write all outputs it declares.',
      },
      map: {
        code: 'E_METRICS',
        message: 'The stage returned "nested", which is not a valid metric.',
        hint: 'Metrics are numbers, texts, true or false, and lists of numbers or of texts.',
      },
    });
    const metrics = { number: 0, notNumber: 'NaN', list: [1, 2] };
    expect(JSON.parse((await box.run(['show', 'p.yaml', '--json'])).out)).toEqual([
      { task: 'none', stage: 'none', axes: {}, metrics },
    ]);
    expect((await box.run(['log', 'p.yaml', 'mistake'])).out).toBe('this is mistake\n');
    const log = (await box.run(['log', 'p.yaml', 'crash'])).out;
    expect(log).toMatch(/^this is crash\nTypeError: x is not y\n {4}at /);
    // Lines of the user's own file.
    expect(log).toContain('fail.ts:13:');
  });

  test('of a command says how it ended', async ({ box }) => {
    box.write('text.txt', 'no program');
    box.write('theirs/a', 'theirs');
    box.write(
      'p.yaml',
      `name: commands
stages:
  missing: { run: [no-such-program] }
  text: { run: [./text.txt] }
  inShell: { run: './text.txt || exit $?' }
  killed: { run: 'kill -9 $$' }
  make: { run: 'echo a > \${{ outputs.x }}', outputs: { x: x.txt } }
  writes: { run: 'echo "sh: 1: cannot create \${{ inputs.i }}: Permission denied"; exit 2', inputs: { i: make } }
  silent: { run: 'true', outputs: { x: x.txt } }
  dangling: { run: 'ln -s elsewhere.txt \${{ outputs.x }}', outputs: { x: x.txt } }
  theirs: { run: 'ln -s "$PWD/theirs" \${{ outputs.x }}', outputs: { x: x } }
  unreadable: { run: 'echo "{" > \${{ outputs.metrics }}', outputs: { metrics: m.json } }
  list: { run: 'echo "[1]" > \${{ outputs.metrics }}', outputs: { metrics: m.json } }
  forgotten: { run: 'true', outputs: { metrics: m.json } }
`,
    );
    const said = (code: string, message: string, hint?: string) => ({ code, message, ...(hint ? { hint } : {}) });
    expect(await box.failures(['p.yaml', '--keep-going'])).toEqual({
      missing: said('E_COMMAND', 'The command "no-such-program" was not found.', 'Is it installed, and on the PATH?'),
      text: said(
        'E_COMMAND',
        'The command "./text.txt" may not be executed.',
        'Is it a program (chmod +x makes a script one), on a disk that may hold programs (no `noexec` in `findmnt -T FILE`)?',
      ),
      inShell: said(
        'E_COMMAND',
        'The command failed with exit code 126.',
        "What it calls is there, and can't be executed. Is it a program (chmod +x makes a script one), on a disk that may hold programs (no `noexec` in `findmnt -T FILE`)?",
      ),
      killed: said('E_COMMAND', 'The command was ended by SIGKILL.', 'It wrote nothing.'),
      // As a shell says it to all but root.
      writes: said(
        'E_COMMAND',
        'The command failed with exit code 2.',
        'Let it copy the input to its output first, and change the copy.',
      ),
      silent: said(
        'E_OUTPUT_MISSING',
        'The task ended, but its output "x" (x.txt) is not there.',
        'Write it to ${{ outputs.x }}.',
      ),
      dangling: said(
        'E_OUTPUT_MISSING',
        'The output "x" (x.txt) is a symbolic link to elsewhere.txt, which does not exist.',
        "A link's relative target is looked for beside the link: write the file itself.",
      ),
      theirs: said(
        'E_STORE_LINK',
        `The output "x" (x) is a symbolic link, or lies behind one, to ${box.path('theirs')}, which the task has neither made nor been given.`,
        'Copy it there (`cp -rL`), and declare what is copied as an input.',
      ),
      unreadable: said('E_METRICS', expect.stringMatching(/^The output "metrics" is not JSON: [^\n]+\.$/) as string),
      list: said('E_METRICS', 'The output "metrics" must be a JSON object.'),
      forgotten: said(
        'E_OUTPUT_MISSING',
        'The task ended, but its output "metrics" (m.json) is not there.',
        'Write it to ${{ outputs.metrics }}.',
      ),
    });
    expect(box.read('theirs/a')).toBe('theirs');
  });

  test('starts nothing new, unless with --keep-going', async ({ box }) => {
    box.write(
      'p.yaml',
      `name: two
stages:
  bad: { run: 'exit 3' }
  other: { run: 'until [ -e artifacts/two/.logs/bad.log ]; do sleep 0.05; done; sleep 0.5; echo > \${{ outputs.x }}', outputs: { x: x } }
  after: { run: [cp, '\${{ inputs.x }}', '\${{ outputs.y }}'], inputs: { x: other }, outputs: { y: y } }
`,
    );
    // What runs already comes to its end, and counts.
    expect(await box.outcomes(['p.yaml', '--jobs', '2'])).toEqual({ bad: 'failed', other: 'ran', after: 'skipped' });
    expect(await box.outcomes(['p.yaml', '--keep-going'])).toEqual({ bad: 'failed', other: 'cached', after: 'ran' });
  });

  test('is what it is when an input changed meanwhile: no key fits the result', async ({ box }) => {
    box.write('in.txt', 'before');
    const run = 'cat ${{ inputs.f }} > ${{ outputs.x }}; echo after > in.txt';
    box.write(
      'p.yaml',
      `name: c\nstages:\n  a: { run: '${run}', inputs: { f: { file: in.txt } }, outputs: { x: x } }\n`,
    );
    expect(await box.failures(['p.yaml'])).toEqual({
      a: {
        code: 'E_INPUT_CHANGED',
        message: expect.stringMatching(/^Something it depends on changed while it ran: .*in\.txt.*\.$/) as string,
        hint: 'Run again.',
      },
    });
    expect(await box.outcomes(['p.yaml'])).toEqual({ a: 'ran' });
  });
});

describe.concurrent('a task that failed', () => {
  test('of an input that is no file costs no result, and is what those behind it wait for', async ({ box }) => {
    box.write('data/a.txt', 'one');
    box.write(
      'p.yaml',
      `name: odd
stages:
  bad: { run: 'cat \${{ inputs.data }}/a.txt > \${{ outputs.o }}', inputs: { data: { file: data } }, outputs: { o: o.txt } }
  after: { run: 'cat \${{ inputs.o }} > \${{ outputs.o }}', inputs: { o: bad }, outputs: { o: o.txt } }
`,
    );
    expect((await box.run(['run', 'p.yaml'])).code).toBe(0);
    execFileSync('mkfifo', [box.path('data/pipe')]);
    const pipe = `${box.path('data/pipe')} is neither a file nor a folder.\n`;
    // Nobody knows which results are the tasks'.
    expect(await box.run(['gc', 'p.yaml'])).toEqual({ code: 1, out: '', err: pipe });
    const why = await box.run(['why', 'p.yaml', 'after']);
    expect([why.code, why.out.split('\n\nIt last ran on')[0], why.err]).toEqual([
      0,
      `after waits for bad: it will run unless that produces the same as last time.\n\nbad can't run as it is, because\n  ${pipe.trimEnd()}`,
      '',
    ]);
    rmSync(box.path('data/pipe'));
    expect((await box.run(['status', 'p.yaml'])).out).toContain('2 of 2 cached');
  });

  test('is told as such by status, plan, why and graph, until it runs again or is another', async ({ box }) => {
    const pipeline = `name: f
stages:
  bad: { run: 'echo so it is >&2; exit 3', outputs: { x: x } }
  after: { run: 'cat \${{ inputs.x }}', inputs: { x: bad } }
  other: { run: 'true' }
`;
    box.write('p.yaml', pipeline);
    await box.run(['run', 'p.yaml', '--keep-going']);
    const dated = (text: string) => text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'DATE');
    const told = async (...call: string[]) => dated((await box.run(call)).out);
    const why = 'failed on DATE: The command failed with exit code 3. [E_COMMAND]';
    expect(await told('status', 'p.yaml')).toBe(`task   state    why
─────  ───────  ${'─'.repeat(why.length - 'DATE'.length + '2026-11-28 03:00:00 UTC'.length)}
bad    failed   ${why}
after  waiting  waits for bad
other  cached

1 of 3 cached, 1 failed, 1 waiting
`);
    expect(await told('plan', 'p.yaml')).toBe(
      `run    bad (${why})\nmaybe  after (waits for bad)\n\n2 to run, 1 cached\ntime: unknown, because nothing like it has run here\n`,
    );
    expect(await told('why', 'p.yaml', 'bad')).toBe(
      `bad ${why}\nIt will run again.\n\nWhat it wrote: npx spikeline log p.yaml bad\n`,
    );
    expect(await told('why', 'p.yaml', 'after')).toContain(
      'bad failed, and will run again:\n  The command failed with exit code 3. [E_COMMAND]\n',
    );
    expect(await told('graph', 'p.yaml')).toContain(':::failed');
    box.write('all.yaml', "name: all\nstages: { bad: { run: 'false' } }\n");
    await box.run(['run', 'all.yaml']);
    expect(await told('show', 'all.yaml')).toBe(
      'No results: bad failed. What happened: npx spikeline status all.yaml\n',
    );
    const [json] = JSON.parse(await told('status', 'p.yaml', '--json')) as Record<string, unknown>[];
    expect(json).toMatchObject({ task: 'bad', state: 'failed', failure: { code: 'E_COMMAND' }, reasons: [{}] });
    // Runs in which it was skipped or not asked for change nothing.
    await box.run(['run', 'p.yaml', 'other', '--force', 'other']);
    expect(await told('status', 'p.yaml')).toContain(`bad    failed   ${why}\n`);
    box.write('p.yaml', pipeline.replace('exit 3', 'echo > ${{ outputs.x }}'));
    expect(await told('status', 'p.yaml')).toContain('bad    missing  no result yet: it failed or was interrupted\n');
    await box.run(['run', 'p.yaml']);
    expect(await told('status', 'p.yaml')).toContain('\n3 of 3 cached\n');
  });
});

describe('the log of a stage', () => {
  test('is told while it computes without a pause', async ({ box }) => {
    const later = 'const start = Date.now(); while (Date.now() < start + 200);';
    const rest = "name: 'busy', summary: 'Computes', parameters: Type.Object({}), inputs: {}, outputs: {}";
    box.write(
      'busy.ts',
      `import { defineStage, Type } from 'spikeline';
export default defineStage({ ${rest}, async run({ log }) { log('one'); ${later} log('two'); for (;;); } });
`,
    );
    box.write('p.yaml', 'name: busy\nstages: { busy: { uses: ./busy.ts } }\n');
    const run = box.start(['run', 'p.yaml', '--reporter', 'json']);
    await until(() => run.out.includes('"line":"two"'), 'the line is told');
    expect(run.out).toContain('"line":"one"');
  });

  test('of very many lines is told whole, and holds nothing up', async ({ box }) => {
    const run = "run({ log }) { for (let i = 0; i < 200_000; i++) log('line ' + i); return {}; }";
    const rest = "name: 'many', summary: 'Writes', parameters: Type.Object({}), inputs: {}, outputs: {}";
    box.write(
      'many.ts',
      `import { defineStage, Type } from 'spikeline';\nexport default defineStage({ ${rest}, async ${run} });\n`,
    );
    box.write('p.yaml', 'name: many\nstages: { many: { uses: ./many.ts } }\n');
    const { code, out } = await box.run(['run', 'p.yaml', '--reporter', 'json']);
    expect(code).toBe(0);
    expect(out.match(/"task-log"/g)).toHaveLength(200_000);
    expect(out).toContain('"line 199999"');
  });
});
