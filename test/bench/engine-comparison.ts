// The engine beside PyTorch, ONNX Runtime and TensorFlow: in turn, each makes the steps that begin within half a second.
import { network as preset } from '../../src/network/presets.js';
import { type Cell, renderTable } from '../../src/text/table.js';
import {
  bfloat16Here,
  type Contender,
  level,
  ownContender,
  type TorchAsk,
  tensorFlowContender,
  torchContender,
} from './engine-contenders.js';
import { onnxContender } from './engine-onnx.js';
import { k1B2, type NetworkName, type OwnTask } from './engine-steps.js';
import { median } from './median.js';

/** What is compared with each other. */
interface Comparison {
  readonly task: string;
  readonly own: readonly OwnTask[];
  /** The first one is eager, in float32: what all are measured by. */
  readonly torch: readonly Pick<TorchAsk, 'precision' | 'task' | 'mode' | 'type'>[];
}

const modes = ['eager', 'compile'] as const;
const types = bfloat16Here ? (['float32', 'bf16'] as const) : (['float32'] as const);
const each = (precision: TorchAsk['precision'], task: TorchAsk['task']) =>
  modes.flatMap((mode) => types.map((type) => ({ precision, task, mode, type })));

const comparisons: readonly Comparison[] = [
  { task: 'training', own: ['float32', 'int16'], torch: each('k1B2', 'train') },
  { task: 'training, fp32', own: ['fp32'], torch: each('fp32', 'train') },
  {
    task: 'inference',
    own: ['spiking', 'noisy', 'ann'],
    torch: [{ precision: 'k1B2', task: 'infer', mode: 'eager', type: 'float32' }, ...each('k1B2', 'prepared')],
  },
];

export interface SpeedRow {
  readonly network: NetworkName;
  readonly task: string;
  readonly contender: string;
  /** Which of our own tasks it is. */
  readonly own: OwnTask | undefined;
  readonly imagesPerSecond: number;
  /** Median of the ratios round by round, so that what slows down all of a round does not count. */
  readonly timesEager: number | undefined;
  readonly timesBest: number | undefined;
  /** Of the fastest turns: on a machine shared with others, they come nearest to what it does when it is idle. */
  readonly fastest: number | undefined;
}

export interface Size {
  readonly batch: number;
  readonly threads: number;
  readonly rounds: number;
  /** A Python that has PyTorch; left out if undefined. */
  readonly python: string | undefined;
}

/** All comparisons, one after the other; prints each as it is done. */
export async function compareAll(size: Size): Promise<SpeedRow[]> {
  const rows: SpeedRow[] = [];
  for (const network of ['lenet', 'vgg'] as const)
    for (const comparison of comparisons) {
      const found = await compare(network, comparison, size);
      console.log(speedTable(found));
      rows.push(...found);
    }
  return rows;
}

interface Entrant {
  readonly contender: Contender;
  readonly own?: OwnTask;
  readonly torch?: true;
}

async function compare(network: NetworkName, comparison: Comparison, size: Size): Promise<SpeedRow[]> {
  const entrants = await start(network, comparison, size);
  const times = entrants.map((): number[] => []);
  for (let round = 0; round < size.rounds; round++)
    for (const [i, { contender }] of entrants.entries()) times[i]!.push(await contender.step());
  for (const { contender } of entrants) await contender.close();
  const torch = [...entrants.keys()].filter((i) => entrants[i]!.torch);
  const base = times[torch[0] ?? -1];
  const best = torch.map((i) => times[i]!).sort((a, b) => median(a) - median(b))[0];
  const ratio = (others: readonly number[] | undefined, own: readonly number[]) =>
    others && median(own.map((time, round) => others[round]! / time));
  return entrants.map(({ contender, own }, i) => ({
    ...{ network, task: comparison.task, contender: contender.name, own },
    imagesPerSecond: size.batch / median(times[i]!),
    timesEager: ratio(base, times[i]!),
    timesBest: ratio(best, times[i]!),
    fastest: base && Math.min(...base) / Math.min(...times[i]!),
  }));
}

async function start(network: NetworkName, { task, own, torch }: Comparison, size: Size): Promise<Entrant[]> {
  const { batch, threads, python } = size;
  const ask = { network, batch, threads };
  const entrants: Entrant[] = [];
  for (const one of own)
    for (const kernels of level === undefined ? ['wasm'] : [level, 'wasm'])
      entrants.push({ contender: await ownContender(one, ask, kernels), own: one });
  for (const one of python === undefined ? [] : torch) {
    const contender = await torchContender(python!, { ...ask, ...one });
    if (contender) entrants.push({ contender, torch: true });
  }
  const runtime = process.env.SPIKELINE_ONNXRUNTIME;
  if (runtime !== undefined && task === 'inference')
    entrants.push({ contender: await onnxContender(runtime, preset(network, { precision: k1B2 }), ask) });
  if (task === 'training' || task === 'inference') {
    const contender = await tensorFlowContender(task, ask);
    if (contender) entrants.push({ contender });
  }
  return entrants;
}

const columns = [
  { key: 'network' },
  { key: 'task' },
  { key: 'contender' },
  { key: 'rate', title: 'images/s' },
  { key: 'eager', title: 'times PyTorch eager float32' },
  { key: 'fastest', title: 'by the fastest turns' },
  { key: 'best', title: 'times the best PyTorch' },
] as const;

/** As Markdown. */
export function speedTable(rows: readonly SpeedRow[]): string {
  const figure = (value: number | undefined) => value?.toFixed(2) ?? '–';
  const cells = rows.map(
    ({ network, task, contender, imagesPerSecond, timesEager, timesBest, fastest }): Record<string, Cell> => ({
      ...{ network, task, contender, rate: String(Math.round(imagesPerSecond)) },
      ...{ eager: figure(timesEager), fastest: figure(fastest), best: figure(timesBest) },
    }),
  );
  return renderTable(cells, columns, 'md').trimEnd();
}
