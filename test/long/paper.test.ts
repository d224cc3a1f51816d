import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { Sandbox } from '../e2e/program.js';

const paper = ['paper.yaml', '--profile', 'smoke'];

const box = new Sandbox();
// Results belong to the project of the file.
cpSync(join(packageRoot, 'pipelines'), box.folder, { recursive: true });
afterAll(() => box.remove());

interface Shown {
  readonly task: string;
  readonly metrics: Readonly<Record<string, unknown>>;
}

describe('the whole paper, as a smoke test', () => {
  it('runs, and all that can be expected of it is met', async () => {
    const outcomes = Object.values(await box.outcomes(paper));
    expect([outcomes.length, new Set(outcomes)]).toEqual([142, new Set(['ran'])]);
    const { code, out } = await box.run(['check', ...paper]);
    expect([code, out]).toEqual([
      0,
      expect.stringContaining('84 of 84 met, none of them a result that a source reports, 45 not compared'),
    ]);
    // Nobody must take these numbers for the paper's.
    expect(out).toContain('mnist/dataset is fashion-mnist-sample, not mnist');
    expect(out).toContain('cifar100/dataset is fashion-as-cifar100, not cifar100');
    expect(out).toMatch(/^n\/a +cifar10\/snn@precision=k1B2,noise=0 +accuracy +0\.9191 ± 0\.015/m);
    const shown = JSON.parse((await box.run(['show', ...paper, '--json'])).out) as Shown[];
    expect(shown.find(({ task }) => task === 'cifar10/data')?.metrics.source).toMatch(/^not CIFAR-10/);
    for (const file of [
      'cifar100/plots/plots/accuracy.svg',
      // What the authors' own scripts read.
      ...['accuracy', 'spike_num', 'sop_num'].map((log) => `mnist/logs/0.1/figs/k1B2/${log}.txt`),
      'cifar10/models/k1B2/models/model_cifar_10.npz',
    ])
      expect([file, existsSync(join(box.folder, 'artifacts/paper', file))]).toEqual([file, true]);
  });

  it('has the three data sets on one page, which CI keeps', () => {
    const file = join(box.folder, 'artifacts/paper/report.html');
    const page = readFileSync(file, 'utf8');
    for (const included of ['mnist', 'cifar10', 'cifar100']) expect(page).toContain(included);
    if (process.env.CI === undefined) return;
    const kept = join(packageRoot, '.build/kept');
    mkdirSync(kept, { recursive: true });
    copyFileSync(file, join(kept, 'paper.html'));
  });

  it('shares its results with the single files', async () => {
    for (const name of ['lenet-mnist', 'vgg-cifar10', 'vgg-cifar100'])
      expect(new Set(Object.values(await box.outcomes([`${name}.yaml`, '--profile', 'smoke'])))).toEqual(
        new Set(['cached']),
      );
  });

  it('has all numbers of the paper in its full form', async () => {
    const { code, out } = await box.run(['check', paper[0]!]);
    expect([code, out]).toEqual([1, expect.stringContaining('0 of 129 met')]);
    expect(out).not.toContain('n/a');
  });
});
