// Does the engine wait for its images? Training on batches as they are made ahead of it, in turn with training on one that
// is ready.
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import { type Batch, ImageSource, type TrainingOrder } from '../../src/experiment/images.js';
import { Loader } from '../../src/experiment/loader.js';
import { network as preset } from '../../src/network/presets.js';
import { renderTable } from '../../src/text/table.js';
import { randomDataset } from '../experiment/random-dataset.js';
import { example, k1B2, timed } from './engine-steps.js';
import { median } from './median.js';

const rounds = 4;
const never = new AbortController().signal;

/**
 * Milliseconds that a batch takes to make and to train on, and that the engine waits for one.
 *
 * @param run steps of a round: more than the batches that are ready when it begins
 */
async function waiting(name: 'lenet' | 'vgg', batch: number, threads: number, run: number) {
  const network = preset(name, { precision: k1B2 });
  const [side, channels] = name === 'lenet' ? [28, 1] : [32, 3];
  const dataset = randomDataset({ seed: 1, side, channels, classes: 10, train: 2 * batch, test: 1 });
  const source = new ImageSource(network, dataset);
  const order: TrainingOrder = {
    ...{ split: 'train', seed: 1, epoch: 0 },
    indices: Uint32Array.from({ length: batch }, (_, i) => 2 * i),
  };
  const { parameters } = example(network, batch);
  const trainer = await wasmEngine.trainer(network, { parameters }, { batch, threads });
  const ready: Batch = { images: new Float32Array(batch * source.size), labels: new Int32Array(batch) };
  const making: number[] = [];
  for (let round = 0; round < rounds; round++) making.push(await timed(() => source.fill(order, ready)));
  const step = ({ images, labels }: Batch = ready) => timed(() => trainer.step(images, labels, 1e-6));
  await step();
  const [alone, fed, waits]: [number[], number[], number[]] = [[], [], []];
  await Loader.with(source, batch, never, async (loader) => {
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < run; i++) alone.push(await step());
      let asked = performance.now();
      for await (const given of loader.batches(Array.from({ length: run }, () => order))) {
        // The first one of an epoch is always waited for.
        if (fed.length % run > 0) waits.push((performance.now() - asked) / 1e3);
        fed.push(await step(given));
        asked = performance.now();
      }
    }
  });
  await trainer.close();
  const ms = (seconds: number) => (1e3 * seconds).toFixed(2);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    network: name,
    threads: String(threads),
    making: ms(median(making)),
    alone: ms(median(alone)),
    fed: ms(median(fed)),
    wait: ms(median(waits)),
    longest: ms(Math.max(...waits)),
    share: ((100 * sum(waits)) / (sum(fed) + sum(waits))).toFixed(2),
  };
}

/** A table of both networks. */
export async function inputWaits(batch: number, threads: number): Promise<string> {
  const rows = [await waiting('lenet', batch, threads, 20), await waiting('vgg', batch, threads, 6)];
  const columns = [
    { key: 'network' },
    { key: 'threads' },
    { key: 'making', title: 'making a batch' },
    { key: 'alone', title: 'a step on one that is ready' },
    { key: 'fed', title: 'a step while others are made' },
    { key: 'wait', title: 'waiting between steps' },
    { key: 'longest', title: 'at most' },
    { key: 'share', title: '% of the time' },
  ] as const;
  return renderTable(rows, columns, 'md').trimEnd();
}
