// What it costs a spiking network that one in ten of its spikes is deleted.
import { renderTable } from '../../src/text/table.js';
import { level, ownContender } from './engine-contenders.js';
import { median, quantile } from './median.js';

const rounds = 25;

/**
 * A table: by how much longer a step with noise takes than one without, in per cent, by kernels and threads. Both make steps for
 * half a second in turn, so that what slows the machine slows both.
 */
export async function noiseCosts(batch: number, threads: number): Promise<string> {
  const rows: Record<string, string>[] = [];
  for (const network of ['lenet', 'vgg'] as const)
    for (const kernels of level === undefined ? ['wasm'] : [level, 'wasm'])
      for (const count of new Set([1, threads])) {
        const start = (task: 'spiking' | 'noisy') => ownContender(task, { network, threads: count, batch }, kernels);
        const [without, noisy] = [await start('spiking'), await start('noisy')];
        const [plain, deleting]: [number[], number[]] = [[], []];
        for (let round = 0; round < rounds; round++) {
          plain.push(await without.step());
          deleting.push(await noisy.step());
        }
        for (const { close } of [without, noisy]) await close();
        const costs = deleting.map((time, round) => 100 * (time / plain[round]! - 1));
        rows.push({
          ...{ network, kernels, threads: String(count), cost: median(costs).toFixed(1) },
          quartiles: `${quantile(costs, 0.25).toFixed(1)} to ${quantile(costs, 0.75).toFixed(1)}`,
          fastest: (100 * (Math.min(...deleting) / Math.min(...plain) - 1)).toFixed(1),
        });
      }
  const columns = [
    { key: 'network' },
    { key: 'kernels' },
    { key: 'threads' },
    { key: 'cost', title: '% longer' },
    { key: 'quartiles' },
    { key: 'fastest', title: 'by the fastest turns' },
  ] as const;
  return `## What noise costs

How much longer the spiking network takes where each spike is deleted with probability 0.1, in per cent. Both take turns of half
a second, ${rounds} rounds; medians of the ratios round by round, with their quartiles.

${renderTable(rows, columns, 'md').trimEnd()}`;
}
