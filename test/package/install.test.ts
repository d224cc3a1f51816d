import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { call } from './call.js';
import { installers, Projects, sizeOf } from './consumer.js';

const projects = new Projects();
afterAll(() => projects.remove());

const pipeline = `name: own
stages:
  words: { run: 'echo some words > \${{ outputs.text }}', outputs: { text: text.txt } }
  count: { uses: ./count.ts, with: { least: 4 }, inputs: { text: words } }
`;
const stage = `import { readFileSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';

export default defineStage({
  name: 'count',
  summary: 'Counts long words.',
  parameters: Type.Object({ least: Type.Integer({ description: 'Letters of a long word.' }) }),
  inputs: { text: { description: 'The text.' } },
  outputs: {},
  async run({ inputs, parameters }) {
    const { path } = inputs.text as { path: string };
    const words: string[] = readFileSync(path, 'utf8').trim().split(' ');
    return { long: words.filter((word) => word.length >= parameters.least).length };
  },
});
`;

/** What a program does with the package, however it has loaded it; `artifacts` is where. */
const program = `module.exports = async ({ loadPipeline, plan, run, results, PipelineError }, artifacts) => {
  const own = await loadPipeline('own.yaml', { artifacts });
  const planned = (await plan(own)).map(({ task, state }) => task + ' ' + state);
  const events = [];
  const done = await run(own, { onEvent: ({ event, task = 'run' }) => events.push(task + ' ' + event) });
  const rows = await results(own);
  const other = await loadPipeline('other.yaml', { artifacts });
  const failed = await run(other, { targets: ['bad'] });
  const controller = new AbortController();
  const onEvent = ({ event }) => event === 'task-start' && controller.abort();
  const ended = await run(other, { targets: ['slow'], signal: controller.signal, onEvent });
  const mistake = await loadPipeline('own.yaml', { set: { none: 1 } }).catch((error) => error);
  const places = rows.flatMap(({ outputs }) => Object.values(outputs)).map(({ path }) => path);
  console.log(
    JSON.stringify({
      // A task may begin before the end of the one that it waited for is told.
      ...{ planned, events: events.sort(), done: done.state, long: rows[1].metrics.long, keys: rows.map(({ key }) => key) },
      ...{ text: require('node:fs').readFileSync(places[0], 'utf8'), failure: failed.tasks[0].failure.code },
      ...{ ended: ended.state, mistake: [mistake instanceof PipelineError, mistake.diagnostics[0].code] },
    }),
  );
};
`;
const otherPipeline = `name: other
stages:
  bad: { run: 'exit 1' }
  slow: { run: 'sleep 600' }
`;

/** The package's quickstart on a few of the images that come with it. */
const fewImages = `name: few
extends: node_modules/spikeline/pipelines/quickstart.yaml
stages: { data: { with: { subset: { train: 400, test: 100 } } } }
`;

it('holds what runs and what README leads to, and nothing else', () => {
  const { stdout } = call(['tar', 'tzf', inject('tarball')], '.');
  const files = stdout.trim().split('\n');
  const odd = files.filter(
    (file) =>
      !/^package\/(package\.json|LICENSE|CITATION\.cff|[A-Z]+\.md|docs\/|pipelines\/|test\/bench\/[\w-]+\.md|\.build\/(cli\.cjs|index\.|[0-9a-f]{16}\/))/.test(
        file,
      ),
  );
  // Templates of `init` have tests, for those who use them.
  const ours = files.filter((file) => !file.startsWith('package/pipelines/templates/'));
  const needless = ours.filter((file) => /\.(map|cache|test\.\w+)$|bench-|golden|in-use|\/src\//.test(file));
  expect([odd, needless, files.filter((file) => file.endsWith('/LICENCES.txt')).length]).toEqual([[], [], 1]);
});

describe.each(Object.keys(installers))('installed by %s', (installer) => {
  const { folder, installed } = projects.add(installer);
  const spikeline = (...words: string[]) => call([join(folder, 'node_modules/.bin/spikeline'), ...words], folder);

  it('is there without a warning, and small', () => {
    const { status, stdout, stderr } = installed;
    expect([status, /\b(warn(ing)?|deprecated|error|ignored)\b/i.exec(stdout + stderr)]).toEqual([0, null]);
    expect(sizeOf(join(folder, 'node_modules')) / 1e6).toBeLessThan(40);
  });

  it('runs commands and stages in TypeScript', () => {
    writeFileSync(join(folder, 'own.yaml'), pipeline);
    writeFileSync(join(folder, 'count.ts'), stage);
    const { status, stdout, stderr } = spikeline('run', 'own.yaml');
    expect([status, stderr, stdout]).toEqual([0, '', expect.stringContaining('ran 2, cached 0, failed 0')]);
    expect(spikeline('show', 'own.yaml', '--csv').stdout).toContain('2');
    expect(spikeline('run', 'own.yaml').stdout).toContain('ran 0, cached 2, failed 0');
  });

  it('is what programs import or require, with the store of the command line', () => {
    writeFileSync(join(folder, 'other.yaml'), otherPipeline);
    writeFileSync(join(folder, 'program.cjs'), program);
    writeFileSync(
      join(folder, 'import.mjs'),
      "import * as spikeline from 'spikeline';\nimport program from './program.cjs';\nawait program(spikeline, 'imported');\n",
    );
    writeFileSync(join(folder, 'require.cjs'), "require('./program.cjs')(require('spikeline'), 'required');\n");
    const [imported, required] = ['import.mjs', 'require.cjs'].map((name) => call([process.execPath, name], folder));
    expect([imported!.status, imported!.stderr, required!.stderr]).toEqual([0, '', '']);
    const told = JSON.parse(imported!.stdout) as { readonly keys: readonly string[] };
    expect(told).toEqual({
      planned: ['words missing', 'count waiting'],
      events: ['count task', 'count task-start', 'run end', 'run start', 'words task', 'words task-start'],
      ...{ done: 'done', long: 2, keys: [expect.any(String), expect.any(String)], text: 'some words\n' },
      ...{ failure: 'E_COMMAND', ended: 'interrupted', mistake: [true, 'E_SET'] },
    });
    expect(JSON.parse(required!.stdout)).toEqual(told);
    expect(spikeline('run', 'own.yaml', '--artifacts', 'required').stdout).toContain('ran 0, cached 2, failed 0');
  });

  it('tells what the machine offers, and the line that adds an engine', () => {
    const { status, stdout } = spikeline('doctor');
    expect([status, stdout]).toEqual([0, expect.stringContaining('npm install @tensorflow/tfjs-node')]);
  });

  it.skipIf(installer !== 'npm')('trains, simulates and draws', () => {
    writeFileSync(join(folder, 'few.yaml'), fewImages);
    const point = ['--set', 'noise=[0]', '--set', 'precision=[{ k: 0, B: 1 }]'];
    const { status, stderr } = spikeline('run', 'few.yaml', '--profile', 'smoke', ...point);
    expect([status, stderr]).toEqual([0, '']);
    expect(readFileSync(join(folder, 'artifacts/few/report.html'), 'utf8')).toContain('<svg');
    expect(readdirSync(join(folder, 'artifacts/few/plots/plots')).some((name) => name.endsWith('.png'))).toBe(true);
  });

  it.skipIf(installer !== 'npm')('tells what to install for an engine or a format that is not there', () => {
    const { status, stderr } = spikeline(
      'run',
      'node_modules/spikeline/pipelines/quickstart.yaml',
      '--engine',
      'tensorflow',
    );
    expect([status, stderr]).toEqual([2, expect.stringContaining('npm install @tensorflow/tfjs-node')]);
  });
});
