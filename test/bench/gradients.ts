// Runs gradients.yaml, which trains with float32 and with integer gradients, and writes a file for each network that was
// trained, GRADIENTS-lenet.md and GRADIENTS-vgg.md: final accuracies side by side. `npm run study:gradients` takes hours on
// two cores; what follows `--` goes to `run`, targets first, such as `vgg --set 'images={lenet: 60000, vgg: 20000}'`.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/paths.js';
import { renderTable } from '../../src/text/table.js';

const settings = ['float32', 'int16'] as const;
const cli = join(packageRoot, '.build/cli.cjs');
const pipeline = join(packageRoot, 'test/bench/gradients.yaml');
const given = process.argv.slice(2);
const firstOption = given.findIndex((word) => word.startsWith('-'));
/** Options are for `show`, too; targets are not. */
const options = firstOption < 0 ? [] : given.slice(firstOption);
const artifacts = given.includes('--artifacts') ? given[given.indexOf('--artifacts') + 1]! : 'artifacts';
/** Epochs at the end over which a mean is taken: one epoch's accuracy scatters more than seeds do. */
const tail = { lenet: 5, vgg: 2 };

interface Shown {
  readonly stage: string;
  readonly axes: { readonly gradients: (typeof settings)[number]; readonly seed: number };
  readonly metrics: { readonly testAccuracy: number; readonly trainImages?: number; readonly testImages?: number };
}

execFileSync(process.execPath, [cli, 'run', pipeline, ...given], { stdio: 'inherit' });
const shown = JSON.parse(
  execFileSync(process.execPath, [cli, 'show', pipeline, ...options, '--json'], { encoding: 'utf8' }),
) as Shown[];

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1));
const percent = (value: number) => (100 * value).toFixed(2);

/** Test accuracy after each epoch, of 1. */
function curve({ stage, axes }: Shown): number[] {
  const file = join(artifacts, 'gradients', stage, axes.gradients, String(axes.seed), 'history.csv');
  const [head, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const column = head!.split(',').indexOf('testAccuracy');
  return lines.map((line) => Number(line.split(',')[column]));
}

function table(stage: 'lenet' | 'vgg'): string {
  const runs = shown.filter((run) => run.stage === stage);
  const seeds = [...new Set(runs.map(({ axes }) => axes.seed))];
  const measures = [
    ['last epoch', (values: readonly number[]) => values.at(-1)!],
    [`mean of the last ${tail[stage]} epochs`, (values: readonly number[]) => mean(values.slice(-tail[stage]))],
  ] as const;
  const rows = measures.flatMap(([what, measure]) => {
    const of = (setting: string) =>
      seeds.map((seed) => measure(curve(runs.find(({ axes }) => axes.gradients === setting && axes.seed === seed)!)));
    const [float, int] = settings.map(of) as [number[], number[]];
    const differences = float.map((value, i) => int[i]! - value);
    const rows = seeds.map((seed, i) => ({
      ...{ what, seed: String(seed), float32: percent(float[i]!), int16: percent(int[i]!) },
      difference: percent(differences[i]!),
    }));
    // One seed says nothing of how seeds differ.
    if (seeds.length === 1) return rows;
    return [
      ...rows,
      {
        ...{ what, seed: 'mean ± s.d.', float32: `${percent(mean(float))} ± ${percent(deviation(float))}` },
        int16: `${percent(mean(int))} ± ${percent(deviation(int))}`,
        difference: `${percent(mean(differences))} ± ${percent(deviation(differences))}`,
      },
    ];
  });
  const columns = [{ key: 'what', title: 'test accuracy, %' }, { key: 'seed' }, { key: 'float32' }, { key: 'int16' }];
  return renderTable(rows, [...columns, { key: 'difference', title: 'int16 − float32, points' }], 'md').trimEnd();
}

const how = given
  .filter((word, i) => word !== '--artifacts' && given[i - 1] !== '--artifacts')
  .map((word) => ` ${/[^\w.=-]/.test(word) ? `'${word}'` : word}`)
  .join('');
const titles = { lenet: 'LeNet', vgg: 'VGG on 24×24 crops' } as const;
for (const stage of ['lenet', 'vgg'] as const) {
  const run = shown.find((one) => one.stage === stage);
  if (run === undefined) continue;
  const data = shown.find((one) => one.stage === (stage === 'vgg' ? 'crops' : 'images'))!.metrics;
  const title = `${titles[stage]}, ${curve(run).length} epochs of ${data.trainImages} images`;
  writeFileSync(
    join(packageRoot, `test/bench/GRADIENTS-${stage}.md`),
    `# What integer gradients cost in accuracy: ${title}

k1B2 on Fashion-MNIST, Adam at 1e-3, ${data.testImages} test images. With the same seed both settings start from the same weights
and see the same images in the same order. ${cpus()[0]?.model ?? 'Unknown processor'}, Node ${process.version}. Written by
\`npm run study:gradients${how === '' ? '' : ` --${how}`}\`.

${table(stage)}
`,
  );
}
