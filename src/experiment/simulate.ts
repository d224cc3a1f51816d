import type { Able, Simulation, Simulator } from '../engine/engine.js';
import { denseMacs, neuronCount } from '../network/parameters.js';
import type { LayerActivity, SnnResultFile } from '../results/snn-result.js';
import { firingRate } from '../spiking/counts.js';
import { faultyNetwork } from '../spiking/faults.js';
import { type SpikingNetwork, spikeSources } from '../spiking/network.js';
import { isFixed, type NoiseTerm, spikeNoise } from '../spiking/noise.js';
import { countHits, inferenceBatch, rate, round, type WorkContext } from './evaluate.js';
import { argmax, type ImageSource, testOrders } from './images.js';
import { Loader } from './loader.js';

/** What happened on some images one after another: the authors' programs note it batch by batch. */
export interface BatchActivity {
  correct: number;
  spikes: number;
  /** Additions in the usual sense. */
  event: number;
}

export interface Activity {
  readonly images: number;
  readonly correct: number;
  readonly layers: readonly LayerActivity[];
  readonly batches: readonly BatchActivity[];
  /** [images][classes], n times the ANN's. */
  readonly logits: Float64Array;
}

/** Images of a batch in the authors' logs: 200 of MNIST, 50 of CIFAR, which they cut to crops. */
function logBatch(network: Pick<SpikingNetwork, 'preprocessing'>): number {
  return network.preprocessing === 'crops' ? 50 : 200;
}

/** Noise that is drawn anew for each seed. */
export interface Draws {
  readonly terms: readonly NoiseTerm[];
  readonly seeds: readonly number[];
}

/**
 * Simulates the spiking network on all test images, once for each seed of the noise. They share the work on images, and the
 * simulator, unless it is another network for each because its faults are.
 */
export function simulate(
  engine: Able<'simulate'>,
  source: ImageSource,
  network: SpikingNetwork,
  noise: Draws,
  threads: number,
  { signal, progress }: WorkContext,
): Promise<Activity[]> {
  // A call is part of one batch: what it counts is a sum over its images.
  const call = Math.min(inferenceBatch(source.dataset.test.count), logBatch(network));
  return Loader.with(source, call, signal, async (loader) => {
    const spikes = spikeNoise(noise.terms, network);
    const options = { batch: call, threads, ...(spikes && { noise: spikes }) };
    const faulty = noise.terms.some((term) => isFixed(term) && term.amount > 0);
    const devices = faulty ? noise.seeds.map((seed) => [seed]) : [noise.seeds];
    const activities: Activity[] = [];
    const run = new Run(source.dataset.test.count * noise.seeds.length, progress);
    for (const seeds of devices) {
      const simulator = await engine.simulator(faultyNetwork(network, noise.terms, seeds[0]!), options);
      try {
        activities.push(...(await countActivity(simulator, loader, network, call, seeds, run)));
      } finally {
        await simulator.close();
      }
    }
    return activities;
  });
}

/** How far all simulations are. */
class Run {
  readonly #started = performance.now();
  #done = 0;
  #correct = 0;

  constructor(
    readonly total: number,
    readonly progress: WorkContext['progress'],
  ) {}

  add(images: number, correct: number): void {
    this.#done += images;
    this.#correct += correct;
    const values = { accuracy: round(this.#correct / this.#done, 4), 'images/s': rate(this.#done, this.#started) };
    this.progress({ done: this.#done, total: this.total, unit: 'images', phase: 'SNN simulation', values });
  }
}

async function countActivity(
  simulator: Simulator,
  loader: Loader,
  network: SpikingNetwork,
  call: number,
  seeds: readonly number[],
  run: Run,
): Promise<Activity[]> {
  const { test } = loader.source.dataset;
  const tallies = seeds.map((seed) => ({ seed, tally: new Tally(network, test) }));
  for await (const { images, order } of loader.batches(testOrders(test.count, call))) {
    const { first, count } = order;
    let correct = 0;
    for (const { seed, tally } of tallies)
      correct += tally.add(await simulator.simulate(images, count, { seed, firstImage: first }), first, count);
    run.add(count * seeds.length, correct);
  }
  return tallies.map(({ tally }) => tally.activity());
}

/** What the network did so far, with one seed of the noise. */
class Tally {
  correct = 0;
  readonly #blocks: ReturnType<typeof spikeSources>;
  readonly #sums: { spikes: number; event: number; effective: number }[];
  readonly #batches: BatchActivity[] = [];
  readonly #logits: Float64Array;

  constructor(
    readonly network: SpikingNetwork,
    readonly test: ImageSource['dataset']['test'],
  ) {
    this.#blocks = spikeSources(network);
    this.#sums = this.#blocks.map(() => ({ spikes: 0, event: 0, effective: 0 }));
    this.#logits = new Float64Array(test.count * network.classes);
  }

  /** Adds the images from `first` on, which follow on those before. Returns how many of them are right. */
  add({ logits, counts }: Simulation, first: number, count: number): number {
    const { classes } = this.network;
    this.#logits.set(logits, first * classes);
    const hits = countHits(logits, this.test.labels, first, count, classes);
    this.correct += hits;
    if (first % logBatch(this.network) === 0) this.#batches.push({ correct: 0, spikes: 0, event: 0 });
    const batch = this.#batches.at(-1)!;
    batch.correct += hits;
    for (const [i, { spikes, eventOperations, effectiveOperations }] of counts.entries()) {
      const sum = this.#sums[i]!;
      sum.spikes += spikes;
      sum.event += eventOperations;
      sum.effective += effectiveOperations;
      batch.spikes += spikes;
      batch.event += eventOperations;
    }
    return hits;
  }

  activity(): Activity {
    const { network, test, correct } = this;
    const layers = this.#blocks.map(({ name, output }, i): LayerActivity => {
      const { spikes, event, effective } = this.#sums[i]!;
      const neurons = output[0] * output[1] * output[2];
      return {
        name,
        neurons,
        spikes,
        firingRate: firingRate(spikes, neurons, test.count, network.levels),
        sops: paperOperations(event, network),
        eventSops: event,
        effectiveSops: effective,
      };
    });
    return { images: test.count, correct, layers, batches: this.#batches, logits: this.#logits };
  }
}

/** The paper's convention: twice the additions, times the levels. */
const paperOperations = (event: number, { levels }: SpikingNetwork): number => event * 2 * levels;

/** The class of each image: that of its largest logit. */
export function predictionsOf({ images, logits }: Activity): Int32Array {
  const classes = logits.length / images;
  return Int32Array.from({ length: images }, (_, image) => argmax(logits, image * classes, classes));
}

/** What `snn-infer` tells of an activity. */
export function activityReport(
  network: SpikingNetwork,
  { images, correct, layers, batches }: Activity,
): Omit<SnnResultFile, 'stage' | 'network' | 'dataset' | 'precision' | 'noise' | 'noiseTerms'> {
  const total = (field: 'neurons' | 'spikes' | 'sops' | 'eventSops' | 'effectiveSops') =>
    layers.reduce((sum, layer) => sum + layer[field], 0);
  const blocks = spikeSources(network);
  const neurons = neuronCount(blocks);
  return {
    images,
    correct,
    accuracy: correct / images,
    levels: network.levels,
    neurons,
    spikes: total('spikes'),
    spikesPerImage: total('spikes') / images,
    sops: total('sops'),
    sopsPerImage: total('sops') / images,
    eventSops: total('eventSops'),
    eventSopsPerImage: total('eventSops') / images,
    effectiveSops: total('effectiveSops'),
    effectiveSopsPerImage: total('effectiveSops') / images,
    firingRate: firingRate(total('spikes'), neurons, images, network.levels),
    denseMacs: denseMacs(blocks.filter(({ kind }) => kind === 'spiking')),
    layers,
    batches: {
      images: logBatch(network),
      correct: batches.map((batch) => batch.correct),
      spikes: batches.map((batch) => batch.spikes),
      sops: batches.map(({ event }) => paperOperations(event, network)),
    },
  };
}
