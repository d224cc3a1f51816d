// What it costs a spiking network that one in ten of its spikes is deleted.
import { levelsHere } from '../../src/engine/wasm/native/level.js';
import { renderTable } from '../../src/text/table.js';
import { level } from './engine-contenders.js';
import { type NetworkName, ownStep, turnSeconds } from './engine-steps.js';
import { median, quantile } from './median.js';
import { useKernels } from './own-kernels.js';

const rounds = 150;
const names = levelsHere().map(({ name }) => name);
/** The machine's best level of processors, or the one that is asked for, and the one below. */
const levels = level === undefined ? [] : names.slice(0, names.indexOf(level) + 1).slice(-2);
/** Milliseconds of a turn: so short that a machine shared with others is as fast in both of a round. */
const turn = 100;

/** A table: by how much longer a step with noise takes than one without, in per cent, by kernels and threads. */
export async function noiseCosts(batch: number, threads: number): Promise<string> {
  const rows: Record<string, string>[] = [];
  for (const kernels of ['wasm', ...levels]) {
    await useKernels(kernels);
    for (const network of ['lenet', 'vgg'] as const)
      for (const count of new Set([1, threads]))
        rows.push({ network, kernels, threads: String(count), ...(await costs(network, batch, count)) });
  }
  const columns = [
    { key: 'network' },
    { key: 'kernels' },
    { key: 'threads' },
    { key: 'cost', title: '% longer' },
    { key: 'interval', title: '95 % interval' },
    { key: 'fastest', title: 'by the fastest turns' },
  ] as const;
  return `## What noise costs

How much longer the spiking network takes where each spike is deleted with probability 0.1, in per cent. Both take turns of
${turn} ms, in one process; medians of the ratios of ${rounds} rounds, with the interval that has the true median 95 times of 100.

${renderTable(rows, columns, 'md').trimEnd()}`;
}

async function costs(network: NetworkName, batch: number, threads: number) {
  const steps = [
    await ownStep(network, 'spiking', { batch, threads }),
    await ownStep(network, 'noisy', { batch, threads }),
  ];
  for (const step of steps) await step();
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++)
    // Each is first in half of the rounds.
    for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) times[i]!.push(await turnSeconds(steps[i]!, turn));
  const [plain, noisy] = times;
  const longer = noisy.map((time, round) => 100 * (time / plain[round]! - 1));
  // Of as many throws of a coin, so many sides of one kind beside the half lie within 1.96 standard deviations.
  const aside = 1.96 / (2 * Math.sqrt(rounds));
  return {
    cost: median(longer).toFixed(1),
    interval: `${quantile(longer, 0.5 - aside).toFixed(1)} to ${quantile(longer, 0.5 + aside).toFixed(1)}`,
    fastest: (100 * (Math.min(...noisy) / Math.min(...plain) - 1)).toFixed(1),
  };
}
