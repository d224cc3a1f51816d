import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { Sandbox, until } from '../e2e/program.js';

const [quickstart, lenet] = ['quickstart.yaml', 'lenet-fashion.yaml'] as const;

const box = new Sandbox();
// Results belong to the project of the file.
cpSync(join(packageRoot, 'pipelines'), box.folder, { recursive: true });
afterAll(() => box.remove());

/** Tasks by what became of them. */
async function outcomes(args: readonly string[]): Promise<Record<string, string[]>> {
  const groups: Record<string, string[]> = {};
  for (const [task, status] of Object.entries(await box.outcomes(args)))
    groups[status as string] = [...(groups[status as string] ?? []), task];
  return groups;
}

interface Shown {
  readonly task: string;
  readonly stage: string;
  readonly axes: { readonly precision?: unknown; readonly noise?: number };
  readonly metrics: Readonly<Record<string, number>>;
}

describe('the quickstart', () => {
  it('runs from end to end, and as its file expects', async () => {
    const { ran, ...others } = await outcomes([quickstart]);
    expect([ran!.length, others]).toEqual([22, {}]);
    const { code, out } = await box.run(['check', quickstart]);
    expect([code, out]).toEqual([0, expect.stringContaining('5 of 5 met')]);
    // The conversion is exact, and a thousand images say so much of others.
    expect((await box.run(['run', quickstart])).out).toMatch(/ 0\.0 % \(−0\.4 … \+0\.4\) /);
  });

  it('converts without losing a neuron, and spikes as it counts', async () => {
    const shown = JSON.parse((await box.run(['show', quickstart, '--json'])).out) as Shown[];
    const conversions = shown.filter(({ stage }) => stage === 'convert');
    // 26,880 neurons of LeNet on 1,000 test images, for each of two precisions.
    expect(conversions.map(({ metrics }) => [metrics.neuronsCompared, metrics.neuronsDifferent])).toEqual([
      [26_880_000, 0],
      [26_880_000, 0],
    ]);
    for (const { axes, metrics } of shown.filter(({ stage, axes }) => stage === 'snn' && axes.noise === 0)) {
      const ann = shown.find(
        (other) => other.stage === 'ann' && JSON.stringify(other.axes.precision) === JSON.stringify(axes.precision),
      );
      expect(metrics.correct).toBe(ann!.metrics.correct);
      expect(metrics.spikesPerImage).toBeGreaterThan(1000);
    }
  });

  it('draws its plots as SVG and PNG', () => {
    const folder = join(box.folder, 'artifacts/quickstart/plots/plots');
    const names = [
      ...['accuracy', 'accuracy-noise', 'energy', 'firing-rate', 'operations', 'spikes', 'training'],
      ...['confusion-FP32', 'confusion-k0B1', 'confusion-k1B2'],
    ];
    expect(readdirSync(folder).sort()).toEqual(
      [...names.flatMap((name) => [`${name}.png`, `${name}.svg`]), 'data.csv', 'training.csv', 'values'].sort(),
    );
  });

  it('draws the pictures of the docs', () => {
    for (const name of ['accuracy-noise.svg', 'spikes.svg'])
      expect(readFileSync(join(packageRoot, 'docs/images', name), 'utf8')).toBe(
        readFileSync(join(box.folder, 'artifacts/quickstart/plots/plots', name), 'utf8'),
      );
  });

  it('makes a page of everything, with what the run tells', () => {
    const page = readFileSync(join(box.folder, 'artifacts/quickstart/report.html'), 'utf8');
    expect(page).toContain('<b>5 of 5</b>');
    expect(page).toContain('<b>0</b><span>of 53,760,000 neuron values differ');
    expect(page.match(/<figure class="chart"/g)).toHaveLength(11);
    const [tasks] = page.match(/(?<=id="tasks-data">).*?(?=<\/script>)/s)!;
    expect(JSON.parse(tasks)).toHaveLength(22);
    expect(page.length).toBeLessThan(500_000);
  });

  it('runs nothing the second time, and only new points after a change of noise', async () => {
    expect(Object.keys(await outcomes([quickstart]))).toEqual(['cached']);
    const { ran, cached } = await outcomes([quickstart, '--set', 'noise=[0, 0.1, 0.2, 0.3]']);
    expect(ran!.sort()).toEqual(['plots', 'report', 'snn@precision=k0B1,noise=0.3', 'snn@precision=k1B2,noise=0.3']);
    expect(cached).toHaveLength(18);
  });
});

describe('a training that is killed', () => {
  const pipeline = `name: killed
stages:
  data: { uses: dataset, with: { name: fashion-mnist-sample, subset: { train: 1000, test: 200 } } }
  train: { uses: train, inputs: { data: data }, with: { network: lenet, k: 1, B: 2, epochs: 5, batch: 50 } }
`;

  it('goes on from its last epoch and ends with the same bytes', async () => {
    box.write('k.yaml', pipeline);
    await box.run(['run', 'k.yaml', '--artifacts', 'undisturbed']);
    const checkpoint = (folder: string) =>
      readFileSync(join(box.folder, folder, 'killed/train/checkpoint.safetensors'));
    for (let kill = 0; kill < 2; ) {
      const running = box.start(['run', 'k.yaml', '--artifacts', 'disturbed', '--reporter', 'json']);
      const wanted = `epoch ${2 * kill + 2}/5`;
      await until(() => running.out.includes(wanted) || running.child.exitCode !== null, wanted);
      running.child.kill('SIGKILL');
      const { code } = await running.result;
      if (code === null) kill++;
      else {
        // It was over before it could be killed: once more, from the start.
        rmSync(join(box.folder, 'disturbed'), { recursive: true });
        kill = 0;
      }
    }
    const { code } = await box.run(['run', 'k.yaml', '--artifacts', 'disturbed']);
    expect(code).toBe(0);
    expect((await box.run(['log', 'k.yaml', 'train', '--artifacts', 'disturbed'])).out).toMatch(
      /^resuming after epoch [3-4],/,
    );
    expect(checkpoint('disturbed').equals(checkpoint('undisturbed'))).toBe(true);
    const left = join(box.folder, 'disturbed/store/resume');
    expect(existsSync(left) ? readdirSync(left) : []).toEqual([]);
  });
});

describe('the paper’s network on Fashion-MNIST', () => {
  it('runs as a smoke test on embedded images, exactly converted', async () => {
    // paper.test.ts has the same part at all precisions. How good they are is not told here, so few images do.
    const few = [
      '--profile',
      'smoke',
      '--set',
      'precision=[fp32, { k: 1, B: 4 }]',
      '--set',
      'subset={ train: 300, test: 100 }',
      '--set',
      'batch=50',
      '--artifacts',
      'paper',
    ];
    const { ran, ...others } = await outcomes([lenet, ...few]);
    expect([ran!.length, others]).toEqual([17, {}]);
    const { code, out } = await box.run(['check', lenet, ...few]);
    expect([code, out]).toEqual([0, expect.stringContaining('2 of 2 met')]);
  });
});
