// What the machine's processors do at most, by test/bench/limits.c: what the engine's speed can be held against.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findCompiler } from '../../src/engine/wasm/native/compiler.js';
import { levelsHere } from '../../src/engine/wasm/native/level.js';
import { convolutionMacs } from '../../src/network/parameters.js';
import { network as preset } from '../../src/network/presets.js';
import { packageRoot } from '../../src/paths.js';
import { renderTable } from '../../src/text/table.js';
import type { SpeedRow } from './engine-comparison.js';
import { level } from './engine-contenders.js';
import { k1B2 } from './engine-steps.js';

const run = promisify(execFile);

/** 10⁹ operations a second of `threads` cores at once, as code of the level that is measured, by name; undefined where there is no C compiler. */
async function machineLimits(threads: number): Promise<ReadonlyMap<string, number> | undefined> {
  const compiler = findCompiler();
  if ('missing' in compiler) return undefined;
  const [program, ...words] = compiler.words;
  const folder = await mkdtemp(join(tmpdir(), 'spikeline-limits-'));
  try {
    const output = join(folder, 'limits');
    const own = levelsHere().find(({ name }) => name === level)?.flags ?? ['-march=native'];
    const flags = ['-O3', ...own, '-ffp-contract=off', '-w'];
    await run(program!, [...words, ...flags, join(packageRoot, 'test/bench/limits.c'), '-o', output]);
    const printed = await Promise.all(Array.from({ length: threads }, () => run(output)));
    const sums = new Map<string, number>();
    for (const { stdout } of printed)
      for (const line of stdout.trim().split('\n')) {
        const [name, figure] = line.split(' ');
        sums.set(name!, (sums.get(name!) ?? 0) + Number(figure));
      }
    return sums;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the machine does at most, and what the engine's steps come to beside it; empty where it can't be measured. */
export async function limitsSection(rows: readonly SpeedRow[], threads: number): Promise<string> {
  const limits = await machineLimits(threads);
  if (limits === undefined) return '';
  const figures = [...limits].map(([name, figure]) => ({ operation: name, rate: figure.toFixed(0) }));
  const steps = rows.flatMap(({ network, contender, own, imagesPerSecond }) => {
    if (own === undefined) return [];
    const training = own !== 'ann' && own !== 'spiking' && own !== 'noisy';
    const rate = (multiplyAdds(network, training) * imagesPerSecond) / 1e9;
    const share = (name: string) => {
      const limit = limits.get(name);
      return limit === undefined ? '–' : (rate / limit).toFixed(2);
    };
    const cells = { float: share('multiply-add'), dot: share('dot-bytes') };
    return [{ network, contender, rate: rate.toFixed(0), ...cells }];
  });
  const columns = [
    { key: 'network' },
    { key: 'contender' },
    { key: 'rate', title: 'dense multiply-adds, 10⁹/s' },
    { key: 'float', title: 'times multiply-add' },
    { key: 'dot', title: 'times dot-bytes' },
  ] as const;
  return `## The machine's limits

10⁹ operations a second of ${threads} cores at once, by test/bench/limits.c: products rounded and added in registers
(multiply-add), dot products of bytes (dot-bytes), and sums of what is loaded from the first- (L1) or second-level cache (L2).

${renderTable(figures, [{ key: 'operation' }, { key: 'rate', title: '10⁹/s' }], 'md').trimEnd()}

Multiply-adds that a step would take if none were left out, three times those of inference in training (two for the first
layer, whose input has no gradient), beside these limits. What leaves out zeros, or adds up by tables, can be above 1.

${renderTable(steps, columns, 'md').trimEnd()}`;
}

/** Of a step, for one image. */
function multiplyAdds(network: 'lenet' | 'vgg', training: boolean): number {
  return preset(network, { precision: k1B2 }).layers.reduce((sum, layer) => {
    const [height, width, channels] = layer.input;
    const macs = layer.kind === 'convolution' ? convolutionMacs(layer) : height * width * channels * layer.output[2];
    return sum + macs * (training ? (layer.reads === 'pixels' ? 2 : 3) : 1);
  }, 0);
}
