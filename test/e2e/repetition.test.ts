import { describe, expect } from 'vitest';
import { test } from './program.js';

const pipeline = `name: p
axes:
  rate: [1, 2]
  seed: { values: [1, 2, 3], repeat: true }
stages:
  train:
    run: [sh, '\${{ inputs.m }}', '\${{ rate }}', '\${{ seed }}', '\${{ outputs.metrics }}']
    over: [rate, seed]
    exclude: [{ rate: 2, seed: 1 }]
    inputs: { m: { file: m.sh } }
    outputs: { metrics: metrics.json }
expect:
  - { stage: train, at: { rate: 1 }, metric: accuracy, value: 0.812, tolerance: 0.0005 }
  - { stage: train, at: { rate: 2, seed: 3 }, metric: accuracy, value: 0.823 }
`;
const program = 'echo "{\\"accuracy\\": 0.8$1$2, \\"images\\": 1000}" > "$3"\n';

describe('repetitions', () => {
  test('are averaged by show and check, and told of by plan and graph', async ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('m.sh', program);
    expect((await box.run(['plan', 'p.yaml'])).out).toContain('5 to run, 0 cached; repeated over seed\n');
    const { out: closing } = await box.run(['run', 'p.yaml']);
    // A seed is nothing to go between two others.
    expect(closing).toContain("--set 'rate=[1, 1.5, 2]'");
    expect((await box.run(['graph', 'p.yaml'])).out).toContain('over rate, repeated over seed');
    const { out: text } = await box.run(['show', 'p.yaml']);
    expect(text).toContain('train, mean over seed\nrate  n  accuracy                    images\n');
    expect(text).toContain('1     3  0.8120 ± 0.0025 (s 0.0010)  1000\n');
    expect(text).toMatch(/^2 {5}2 {2}0\.823 ± 0\.006 \(s 0\.0007\) +1000$/m);
    const { out: csv } = await box.run(['show', 'p.yaml', '--csv']);
    expect(csv).toContain('rate,seed,accuracy,accuracy low,accuracy high,accuracy interval,images\n1,1,0.811,0.785');
    expect(csv).toContain('# train, mean over seed\nrate,n,accuracy,accuracy sd,accuracy low,accuracy high,');
    const list = JSON.parse((await box.run(['show', 'p.yaml', '--json'])).out) as object[];
    expect(list).toHaveLength(5 + 2);
    expect(list[5]).toMatchObject({
      ...{ stage: 'train', axes: { rate: 1 }, repeat: ['seed'] },
      tasks: ['train@rate=1,seed=1', 'train@rate=1,seed=2', 'train@rate=1,seed=3'],
      estimates: { accuracy: { n: 3, mean: 0.812, interval: { method: 't' } } },
    });
    const { code, out } = await box.run(['check', 'p.yaml']);
    expect([code, out]).toEqual([0, expect.stringContaining('2 of 2 met') as string]);
    expect(out).toMatch(
      /met +train@rate=1 +accuracy +0\.812 ± 0\.0005 +0\.8120 +0\.8095–0\.8145 \(t, s 0\.0010, n 3\)/,
    );
    expect(out).toMatch(/met +train@rate=2,seed=3 +accuracy +0\.823 +0\.823 +0\.798–0\.845 \(Wilson\)/);
  });

  test('are missing as a mean where one of them failed; narrowed to one, they are that one', async ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('m.sh', `[ "$1$2" != 12 ] || exit 1\n${program}`);
    await box.run(['run', 'p.yaml', '--keep-going']);
    const { code, out } = await box.run(['check', 'p.yaml']);
    expect([code, out]).toEqual([1, expect.stringContaining('1 of 2 met') as string]);
    expect(out).toMatch(/missing +train@rate=1 +accuracy +0\.812 ± 0\.0005 +0\.812 \(2 of 3\)/);
    const one = ['--set', 'seed=[3]'];
    expect((await box.run(['check', 'p.yaml', ...one])).out).toMatch(/OFF +train@rate=1,seed=3 +accuracy/);
    expect((await box.run(['show', 'p.yaml', ...one])).out).not.toContain('mean over');
  });
});
