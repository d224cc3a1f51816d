import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { annResults, snnResults } from '../report/examples.js';
import { test } from './program.js';

const quoted = (value: unknown) => `'${JSON.stringify(value)}'`;
const [, ann] = annResults();
const [snn] = snnResults([0]);

/** Results as the built-in stages make them, without the hours. */
const pipeline = `name: p
description: "<b>Small</b>"
axes: { precision: [k0B1] }
params: { tolerance: 0.003 }
stages:
  ann:
    run: ["node", "-e", "fs.writeFileSync(process.argv[1], process.argv[2]); fs.writeFileSync(process.argv[3], process.argv[2])", "\${{ outputs.result }}", ${quoted(ann)}, "\${{ outputs.metrics }}"]
    over: [precision]
    outputs: { result: result.json, metrics: metrics.json }
  snn:
    run: ["node", "-e", "fs.writeFileSync(process.argv[1], process.argv[2])", "\${{ outputs.result }}", ${quoted(snn)}]
    over: [precision]
    outputs: { result: result.json }
  report:
    uses: report
    inputs: { ann: ann, snn: snn }
expect:
  - { stage: snn, metric: accuracy, value: 0.8912, tolerance: 0.001, source: table 1 }
  - { stage: ann, metric: correct, equals: { stage: ann } }
`;

describe.concurrent('the page of results', () => {
  test('is made by a run, with its facts, and again by `report`', async ({ box }) => {
    box.write('p.yaml', pipeline);
    const early = await box.run(['report', 'p.yaml']);
    expect([early.code, early.out]).toEqual([
      1,
      'The page has not been made, or is out of date. Make it: npx spikeline run p.yaml report\n',
    ]);
    const run = await box.run(['run', 'p.yaml']);
    expect(run.code).toBe(0);
    expect(run.out).toContain('report:  artifacts/p/report.html\n');
    const page = box.read('artifacts/p/report.html');
    expect(page).toContain('&lt;b&gt;Small&lt;/b&gt;');
    expect(page).toContain('<b>2 of 2</b>');
    expect(page).toContain('npx spikeline verify p.yaml');
    const [data] = page.match(/(?<=id="tasks-data">).*?(?=<\/script>)/s)!;
    const tasks = JSON.parse(data) as { task: string; key: string }[];
    expect(tasks.map(({ task }) => task)).toEqual(['ann@precision=k0B1', 'snn@precision=k0B1', 'report']);
    for (const { key } of tasks) expect(key).toMatch(/^[0-9a-f]{64}$/);

    // The result itself names no time and no machine: it can be computed again.
    const result = box.read('artifacts/p/report/report.html');
    expect(result).toContain('<b>2 of 2</b>');
    expect(result).not.toContain('tasks-data');
    expect((await box.run(['verify', 'p.yaml', 'report'])).code).toBe(0);

    // Of another run; then something that is never read to its end.
    box.write('artifacts/p/report.html', 'lost');
    expect(await box.run(['report', 'p.yaml'])).toEqual({ code: 0, out: 'artifacts/p/report.html\n', err: '' });
    expect(box.read('artifacts/p/report.html')).toBe(page);
    rmSync(box.path('artifacts/p/report.html'));
    execFileSync('mkfifo', [box.path('artifacts/p/report.html')]);
    expect((await box.run(['report', 'p.yaml'])).code).toBe(0);
    expect(box.read('artifacts/p/report.html')).toBe(page);
    expect((await box.run(['report', 'p.yaml', '-o', 'mine.html'])).code).toBe(0);
    expect(box.read('mine.html')).toBe(page);
    const nowhere = await box.run(['report', 'p.yaml', '-o', 'no/such/mine.html']);
    expect([nowhere.code, nowhere.err]).toEqual([
      2,
      "no/such/mine.html can't be written: its folder does not exist.\n",
    ]);
  });

  test('knows what is expected by its key', async ({ box }) => {
    box.write('p.yaml', pipeline);
    await box.run(['run', 'p.yaml']);
    expect(await box.outcomes(['p.yaml'])).toMatchObject({ report: 'cached' });
    box.write('p.yaml', pipeline.replace('value: 0.8912', 'value: 0.9'));
    const why = await box.run(['why', 'p.yaml', 'report']);
    expect(why.out).toContain('expect');
    const again = await box.run(['run', 'p.yaml']);
    expect(again.out).toContain('ran 1, cached 2');
    expect(box.read('artifacts/p/report.html')).toContain('<b>1 of 2</b>');
    // Stages may be called otherwise: the page is the same.
    const renamed = pipeline
      .replace('  snn:\n', '  other:\n')
      .replace('{ ann: ann, snn: snn }', '{ ann: ann, snn: other }');
    rmSync(box.path('p.yaml'));
    box.write('q.yaml', renamed.replace('stage: snn', 'stage: other'));
    expect(await box.outcomes(['q.yaml'])).toMatchObject({ report: 'cached' });
  });

  test('`show --md` gives its tables', async ({ box }) => {
    box.write('p.yaml', pipeline);
    await box.run(['run', 'p.yaml']);
    const { out } = await box.run(['show', 'p.yaml', '--md']);
    expect(out).toContain('## VGG on CIFAR-10\n\n### Accuracy\n\n');
    expect(out).toContain('| k0B1      |     89.12 | 89.1 (88.5–89.7) | 89.1 (88.5–89.7) |               0.00 |');
    expect(out).toContain('Numbers of the paper: table 1.');
    expect(out).toContain('## ann\n');
  });

  test('may be made by a stage of the user, as may what its tables and the end of a run show', async ({ box }) => {
    const stage = (name: string, rest: string) => `import { writeFileSync, mkdirSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';
export default defineStage({ name: '${name}', summary: 'Mine', parameters: Type.Object({}), ${rest} });
`;
    box.write(
      'infer.ts',
      stage(
        'infer',
        `inputs: {}, outputs: { result: { description: 'Result', path: 'result.json', kind: 'snn' } },
  columns: [{ title: 'right', metric: 'accuracy', format: 'percent' }, { title: 'spikes', metric: 'spikes' }],
  async run({ outputs }) {
    writeFileSync(outputs.result!, ${quoted(snn)});
    return { accuracy: 0.5, spikes: 12345 };
  }`,
      ),
    );
    box.write(
      'page.ts',
      stage(
        'page',
        `inputs: { mine: { description: 'Results', kind: 'snn' } },
  outputs: {
    pictures: { description: 'Pictures', path: 'drawn', kind: 'pictures' },
    site: { description: 'Page', path: 'index.html', kind: 'page' },
  },
  async run({ outputs }) {
    mkdirSync(outputs.pictures!);
    writeFileSync(outputs.site!, '<h1>Mine</h1><!--spikeline:run--><!--/spikeline:run--><p>end</p>');
  }`,
      ),
    );
    const stages = 'name: p\nstages:\n  mine: { uses: ./infer.ts }\n';
    box.write('tables.yaml', stages.replace('name: p', 'name: tables'));
    box.write('p.yaml', `${stages}  site: { uses: ./page.ts, inputs: { mine: mine } }\n`);
    const { out } = await box.run(['run', 'p.yaml']);
    expect(out).toContain(
      [
        'right    spikes\n───────  ──────\n50.00 %  12,345\n',
        'report:  artifacts/p/site.html\nplots:   artifacts/p/site/drawn/\nresults: artifacts/p/\n',
      ].join('\n'),
    );
    expect(box.read('artifacts/p/site.html')).toMatch(
      /^<h1>Mine<\/h1>.*npx spikeline verify p\.yaml.*<\/script>\n<p>end<\/p>$/s,
    );
    expect((await box.run(['report', 'p.yaml'])).out).toBe('artifacts/p/site.html\n');
    // Of what the page shows, and where there is none, of what stages say that it is.
    const accuracy = /### Accuracy\n\n\| precision \| +SNN \(%\)/;
    expect((await box.run(['show', 'p.yaml', '--md'])).out).toMatch(accuracy);
    expect((await box.run(['run', 'tables.yaml'])).out).toContain('right    spikes\n');
    expect((await box.run(['show', 'tables.yaml', '--md'])).out).toMatch(accuracy);
  });

  test('asks for a stage that makes it', async ({ box }) => {
    box.write('p.yaml', pipeline.replace(/ {2}report:\n.*\n.*\n/, ''));
    const { code, err } = await box.run(['report', 'p.yaml']);
    expect([code, err]).toEqual([
      2,
      'p.yaml has no stage that makes a page.\n  hint: add one, such as `report: { uses: report, inputs: ' +
        '{ ann: STAGE, snn: STAGE, conversion: STAGE, history: STAGE, data: STAGE } }`\n',
    ]);
  });
});
