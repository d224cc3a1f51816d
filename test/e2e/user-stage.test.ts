import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { alive, test, until } from './program.js';

/** A stage of the user's, in TypeScript, with no node_modules beside it; it writes to `runs` each time it runs. */
const addStage = `import { appendFileSync, writeFileSync, readFileSync } from 'node:fs';
import { defineStage, Type, type InputArtifact } from 'spikeline';
import { sum } from './sum.js';
export default defineStage({
  name: 'add',
  summary: 'Adds',
  parameters: Type.Object({ amount: Type.Integer({ minimum: 0, default: 1 }) }),
  inputs: { numbers: { description: 'Numbers', list: true, optional: true } },
  outputs: { sum: { description: 'The sum', path: 'sum.txt' } },
  async run({ parameters, inputs, outputs, pipelineFolder }) {
    appendFileSync(pipelineFolder + '/runs', 'x');
    const items = (inputs.numbers ?? []) as readonly InputArtifact[];
    const total = sum([parameters.amount, ...items.map(({ path }) => Number(readFileSync(path, 'utf8')))]);
    writeFileSync(outputs.sum!, String(total));
    return { sum: total };
  },
});
`;
const sum = 'export const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);\n';

const pipeline = `name: own
axes: { n: [1, 2] }
stages:
  one: { uses: ./add.ts, over: [n], with: { amount: '\${{ n }}' } }
  all: { uses: ./add.ts, inputs: { numbers: one } }
`;

describe.concurrent('a stage of the user', () => {
  test('runs, and runs again when a formula changes, but not for comments and types', async ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('add.ts', addStage);
    box.write('sum.ts', sum);
    expect(await box.outcomes(['p.yaml'])).toEqual({ 'one@n=1': 'ran', 'one@n=2': 'ran', all: 'ran' });
    expect(box.read('artifacts/own/all/sum.txt')).toBe('4');
    box.write('add.ts', `// a comment\n${addStage.replace('const total =', 'const total: number =')}`);
    box.write('sum.ts', `${sum}\n/** Nobody uses this. */\nexport type Unused = string;\n`);
    expect(await box.outcomes(['p.yaml'])).toEqual({ 'one@n=1': 'cached', 'one@n=2': 'cached', all: 'cached' });
    expect(box.read('runs')).toBe('xxx');
    box.write('sum.ts', sum.replace('a + b, 0', 'a + b, 10'));
    expect((await box.run(['status', 'p.yaml'])).out).toBe(`task     state    why
───────  ───────  ─────────────────────────────────
one@n=1  stale    code of stage add changed: sum.ts
one@n=2  stale    code of stage add changed: sum.ts
all      waiting  waits for one@n=1, one@n=2

0 of 3 cached, 2 stale, 1 waiting
`);
    expect(await box.outcomes(['p.yaml'])).toEqual({ 'one@n=1': 'ran', 'one@n=2': 'ran', all: 'ran' });
  });

  test('tells the run what whoever runs it should know of', async ({ box }) => {
    box.write('p.yaml', 'name: p\nstages: { a: { uses: ./warn.mjs } }\n');
    box.write(
      'warn.mjs',
      `import { writeFileSync } from 'node:fs';
export default {
  name: 'warn', summary: 'Warns', parameters: { type: 'object' }, inputs: {},
  outputs: { x: { description: 'x', path: 'x' } },
  run({ outputs, warn }) { warn('all is black'); writeFileSync(outputs.x, ''); },
};
`,
    );
    const { code, out, err } = await box.run(['run', 'p.yaml']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('\nwarning a: all is black\n');
    expect((await box.run(['log', 'p.yaml', 'a'])).out).toBe('warning: all is black\n');
  });

  test('gets paths as the file means them that says them, and runs in its folder', async ({ box }) => {
    box.write(
      'lib/list.ts',
      `import { readFileSync, writeFileSync } from 'node:fs';
import { defineStage, filePath, Type } from 'spikeline';
export default defineStage({
  name: 'list',
  summary: 'Copies a list',
  parameters: Type.Object({ list: filePath() }),
  inputs: {},
  outputs: { copy: { description: 'The copy', path: 'copy.txt' } },
  async run({ parameters, outputs }) {
    writeFileSync(outputs.copy!, readFileSync(parameters.list, 'utf8') + readFileSync('list.txt', 'utf8'));
  },
});
`,
    );
    box.write('lib/list.txt', 'lib');
    box.write('list.txt', 'top');
    box.write('lib/p.yaml', 'name: lib\nstages: { a: { uses: ./list.ts, with: { list: list.txt } } }\n');
    box.write(
      'p.yaml',
      'name: p\ninclude: { lib: lib/p.yaml }\nstages: { b: { uses: ./lib/list.ts, with: { list: list.txt } } }\n',
    );
    expect(await box.outcomes(['p.yaml'])).toEqual({ 'lib/a': 'ran', b: 'ran' });
    expect([box.read('artifacts/p/lib/a/copy.txt'), box.read('artifacts/p/b/copy.txt')]).toEqual(['liblib', 'toptop']);
    expect(await box.outcomes(['lib/p.yaml'])).toEqual({ a: 'cached' });
    box.write('lib/list.txt', 'new');
    expect(await box.outcomes(['p.yaml'])).toEqual({ 'lib/a': 'ran', b: 'cached' });
  });

  test('is checked with the pipeline: mistakes in its parameters and in itself exit with 2', async ({ box }) => {
    box.write('add.ts', addStage);
    box.write('sum.ts', sum);
    box.write('p.yaml', 'name: p\nstages:\n  a: { uses: ./add.ts, with: { amont: -1 } }\n');
    const { code, err } = await box.run(['run', 'p.yaml']);
    expect(code).toBe(2);
    expect(err).toContain('did you mean "amount"?');
    box.write('add.ts', 'export default {');
    const broken = await box.run(['run', 'p.yaml']);
    expect(broken.code).toBe(2);
    expect(broken.err).toContain('add.ts:1:');
    expect(broken.err).not.toMatch(/\n\s+at /);
  });

  test('says what it needs in one of several ways, and what is wrong with what makes an input', async ({ box }) => {
    box.write(
      'pick.ts',
      `import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'pick', summary: 'Picks', parameters: Type.Object({ of: Type.Optional(Type.Integer()) }),
  inputs: { a: { description: 'A', optional: true }, b: { description: 'B', optional: true } },
  outputs: { o: { description: 'What', path: 'o.txt' } },
  needs: [{ anyOf: [{ inputs: ['a'] }, { inputs: ['b'] }, { parameters: { of: 3 } }] }],
  check: (_, { b }) => (b?.parameters.of === 3 ? [{ input: 'b', message: 'three is none of these' }] : []),
  async run() {},
});
`,
    );
    box.write(
      'p.yaml',
      'name: p\nstages:\n  x: { uses: ./pick.ts }\n  y: { uses: ./pick.ts, with: { of: 3 } }\n  z: { uses: ./pick.ts, inputs: { b: y } }\n',
    );
    for (const command of ['validate', 'plan', 'run']) {
      const { code, err } = await box.run([command, 'p.yaml']);
      expect([command, code]).toEqual([command, 2]);
      expect(
        err,
      ).toContain(`p.yaml:3:3: error[E_MISSING_INPUT]: "x" (./pick.ts) needs the input "a", "b" or the parameter "of".
   3 |   x: { uses: ./pick.ts }
     |   ^
  hint: add inputs: { a: STAGE }
`);
      expect(err).toContain('p.yaml:5:38: error[E_VALUE]: three is none of these.');
    }
  });

  test('does nothing as it is read, whatever the command', async ({ box }) => {
    const act = `import { writeFileSync as write } from 'node:fs';\nwrite('${box.path('acted')}', process.env.SECRET ?? '');\n`;
    box.write('add.ts', act + addStage);
    box.write('sum.ts', sum);
    box.write('p.yaml', pipeline);
    for (const command of ['validate', 'status', 'run', 'graph']) {
      const { code, err } = await box.run([command, 'p.yaml'], { SECRET: 'x' });
      expect([command, code]).toEqual([command, 2]);
      expect(err).toContain('E_STAGE_CODE');
      expect(err).toContain('It writes a file as it is loaded, which only run() may do');
    }
    expect(box.has('acted')).toBe(false);
  });

  test('sees the variables that it declares, as a command does, and no secrets', async ({ box }) => {
    box.write(
      'env.ts',
      `import { writeFileSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'env', summary: 'Tells', parameters: Type.Object({}), inputs: {},
  outputs: { o: { description: 'Names', path: 'o.txt' } },
  async run({ outputs }) { writeFileSync(outputs.o!, Object.keys(process.env).sort().join('\\n')); return {}; },
});
`,
    );
    const command = `[node, -e, "require('fs').writeFileSync(process.argv[1], Object.keys(process.env).sort().join('\\\\n'))", '\${{ outputs.o }}']`;
    box.write(
      'p.yaml',
      `name: own
stages:
  stage: { uses: ./env.ts, env: [DECLARED] }
  command: { run: ${command}, outputs: { o: o.txt }, env: [DECLARED] }
`,
    );
    const secrets = { DECLARED: 'x', OTHER: 'x', AWS_SECRET_ACCESS_KEY: 'x', SPIKELINE_REMOTE_TOKEN: 'x' };
    const { code } = await box.run(['run', 'p.yaml'], { ...secrets, SPIKELINE_REMOTE: '' });
    expect(code).toBe(0);
    // Node needs one to be told by its parent.
    const [stage, command_] = ['stage', 'command'].map((name) =>
      box
        .read(`artifacts/own/${name}/o.txt`)
        .split('\n')
        .filter((variable) => !variable.startsWith('NODE_CHANNEL')),
    );
    expect(stage).toEqual(command_);
    expect(stage).toContain('DECLARED');
    for (const hidden of ['OTHER', 'AWS_SECRET_ACCESS_KEY', 'SPIKELINE_REMOTE_TOKEN', 'SPIKELINE_REMOTE'])
      expect(stage).not.toContain(hidden);
  });

  test.skipIf(process.platform !== 'linux')('is read by a process that ends with the program', async ({ box }) => {
    box.write('p.yaml', 'name: p\nstages: { s: { uses: ./s.ts } }\n');
    box.write('s.ts', 'for (;;);\n');
    const { child } = box.start(['validate', 'p.yaml']);
    const readers = () =>
      readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
        .split(' ')
        .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('stage-reader'));
    await until(() => readers().length === 1, 'the definition is read');
    const reader = Number(readers()[0]);
    // It has long begun with the user's code: to start takes a fraction of that.
    const ticks = () => readFileSync(`/proc/${reader}/stat`, 'utf8').split(') ')[1]!.split(' ').slice(11, 13);
    await until(() => ticks().reduce((sum, text) => sum + Number(text), 0) > 250, 'the loop goes on');
    child.kill('SIGKILL');
    await until(() => !alive(reader), 'nobody reads it any more');
  });
});
