import { describe, expect } from 'vitest';
import { test } from './program.js';

const pipeline = `name: p
axes: { k: [1, 2] }
stages:
  a:
    run: 'echo {\\"accuracy\\":0.\${{ k }},\\"layers\\":[1,2],\\"note\\":\\"x,y\\"} > \${{ outputs.metrics }}'
    over: [k]
    outputs: { metrics: metrics.json }
  b: { run: 'cat \${{ inputs.all }} > \${{ outputs.x }}', inputs: { all: a }, outputs: { x: x } }
expect:
  - { stage: a, at: { k: 2 }, metric: accuracy, value: 0.25, tolerance: 0.01, source: "table 1" }
  - { stage: a, metric: accuracy, max: 0.15 }
  - { stage: a, metric: layers, equals: { stage: a, at: { k: 1 } } }
`;

describe.concurrent('reports', () => {
  test('plan and status warn of what run warns of, where people read it', async ({ box }) => {
    box.write('words.txt', 'x');
    box.write(
      'p.yaml',
      "name: p\nstages:\n  a: { run: [cp, words.txt, '${{ outputs.x }}'], outputs: { x: x } }\n  b: { run: 'true' }\n",
    );
    const warning = 'warning "a" names words.txt, which is not one of its inputs: a change to it will not be noticed.';
    for (const command of ['status', 'plan']) {
      const { err, out } = await box.run([command, 'p.yaml']);
      expect(err).toContain(`${warning}\n        hint: declare it: `);
      expect(out).not.toContain('warning');
    }
    expect((await box.run(['run', 'p.yaml'])).out).toContain(warning);
    for (const args of [
      ['status', '--json'],
      ['plan', 'b'],
    ])
      expect((await box.run([args[0]!, 'p.yaml', ...args.slice(1)])).err).toBe('');
  });

  test('show, check, status and plan before and after a run', async ({ box }) => {
    box.write('p.yaml', pipeline.replace(/ {2}- .*layers.*\n/, ''));
    const [show, check, plan, status] = await Promise.all(
      ['show', 'check', 'plan', 'status'].map((command) => box.run([command, 'p.yaml', '--artifacts', 'mine'])),
    );
    expect(show).toEqual({
      code: 0,
      out: 'No results yet. Run it first: npx spikeline run p.yaml --artifacts mine\n',
      err: '',
    });
    const runs = await box.run(['show', '--runs', 'p.yaml', '--artifacts', 'mine']);
    expect([runs.code, runs.out]).toEqual([
      0,
      'No runs yet. Run it first: npx spikeline run p.yaml --artifacts mine\n',
    ]);
    expect(check!.code).toBe(1);
    expect(check!.out).toBe(`verdict  task   metric    expected     got  difference  source
───────  ─────  ────────  ───────────  ───  ──────────  ───────
missing  a@k=2  accuracy  0.25 ± 0.01  –                table 1
missing  a@k=1  accuracy  ≤ 0.15       –
missing  a@k=2  accuracy  ≤ 0.15       –

0 of 3 met
Results are missing or out of date: npx spikeline run p.yaml --artifacts mine
`);
    const planned = `run    a@k=1 (never run here)
run    a@k=2 (never run here)
maybe  b (waits for a@k=1, a@k=2)

3 to run, 0 cached
time: unknown, because nothing like it has run here
`;
    expect(plan).toEqual({ code: 0, out: planned, err: '' });
    expect(status!.out).toContain('\n0 of 3 cached, 2 missing, 1 waiting\n');

    await box.outcomes(['p.yaml', 'a', '--artifacts', 'mine']);
    const call = (...args: string[]) => box.run([...args, 'p.yaml', '--artifacts', 'mine']);
    const [text, csv, md, checked, now, dry] = await Promise.all([
      call('show'),
      call('show', '--csv'),
      call('show', '--md'),
      call('check'),
      call('status', '--json'),
      call('run', '--dry-run'),
    ]);
    expect(text.out).toBe('a\nk  accuracy  note\n─  ────────  ────\n1       0.1  x,y\n2       0.2  x,y\n');
    expect(csv.out).toBe('# a\nk,accuracy,note\n1,0.1,"x,y"\n2,0.2,"x,y"\n');
    expect(md.out).toBe(
      '## a\n\n| k   | accuracy | note |\n| --- | -------: | ---- |\n| 1   |      0.1 | x,y  |\n| 2   |      0.2 | x,y  |\n',
    );
    expect([checked.code, checked.out]).toEqual([
      1,
      `verdict  task   metric    expected     got  difference  source
───────  ─────  ────────  ───────────  ───  ──────────  ───────
OFF      a@k=2  accuracy  0.25 ± 0.01  0.2  -0.05       table 1
met      a@k=1  accuracy  ≤ 0.15       0.1
OFF      a@k=2  accuracy  ≤ 0.15       0.2  0.05

1 of 3 met
`,
    ]);
    const states = JSON.parse(now.out) as Record<string, unknown>[];
    expect(states.map(({ task, state, stage, labels }) => ({ task, state, stage, labels }))).toEqual([
      { task: 'a@k=1', state: 'cached', stage: 'a', labels: { k: '1' } },
      { task: 'a@k=2', state: 'cached', stage: 'a', labels: { k: '2' } },
      { task: 'b', state: 'missing', stage: 'b', labels: {} },
    ]);
    expect(dry.out).toBe(
      'run    b (never run here)\n\n1 to run, 2 cached\ntime: unknown, because nothing like it has run here\n',
    );
    expect(box.has('mine/p/b')).toBe(false);
  });

  test('results of points that are gone have the labels that they had', async ({ box }) => {
    const at = (precision: string) =>
      `name: p\naxes: { precision: [${precision}], seed: [1] }\nstages: { a: { run: 'echo {\\"n\\":1} > \${{ outputs.metrics }} # \${{ precision.k }}', over: [precision, seed], outputs: { metrics: m.json } } }\n`;
    for (const precision of ['{ k: 3, B: 4 }', '{ k: 0, B: 1 }']) {
      box.write('p.yaml', at(precision));
      expect((await box.run(['run', 'p.yaml'])).err).toBe('');
    }
    const { out } = await box.run(['show', 'p.yaml', '--runs', '--csv']);
    expect(out.split('\n').map((line) => line.split(',').slice(2, -2).join(','))).toEqual([
      ...['precision', 'k0B1', 'k3B4', ''],
    ]);
    const chosen = await box.run(['show', 'p.yaml', '--runs', '--csv', '--where', 'precision=k3B4']);
    expect(chosen.out.split('\n')).toHaveLength(3);
  });

  test('doctor, stages and schema answer', async ({ box }) => {
    const [doctor, stages, train, test, schema] = await Promise.all([
      box.run(['doctor']),
      box.run(['stages']),
      box.run(['stages', 'train']),
      box.run(['stages', 'snn-infer']),
      box.run(['schema']),
    ]);
    expect([doctor.code, doctor.err]).toEqual([0, '']);
    expect(doctor.out).toContain('WebAssembly with SIMD');
    expect(stages.out).toContain('snn-convert');
    expect(train.out).toContain('learningRate');
    expect(train.out).toMatch(/^history +\S+ +history /m);
    expect(test.out).toMatch(/^column +shows +format\n/m);
    expect(JSON.parse(schema.out)).toMatchObject({ title: 'Spikeline pipeline' });
  });
});
