import { describe, expect, it, vi } from 'vitest';
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import { ImageSource } from '../../src/experiment/images.js';
import { Loader } from '../../src/experiment/loader.js';
import { freshCheckpoint, type TrainingOptions, train } from '../../src/experiment/train.js';
import { type Checkpoint, decodeCheckpoint } from '../../src/network/checkpoint.js';
import { type ReadPlan, readNetwork } from '../../src/network/network-parameter.js';
import { buildNetwork } from '../../src/network/presets.js';
import { parseHistory } from '../../src/results/history.js';
import type { ResumePoint } from '../../src/store/resume.js';
import { randomDataset } from './random-dataset.js';

const dataset = randomDataset({ seed: 3, side: 12, classes: 3, train: 23, test: 7 });
const network = buildNetwork(readNetwork('8C3-P2-8C4v') as ReadPlan, {
  ...{ input: [8, 8, 3], classes: 3, preprocessing: 'crops' },
  precision: { kind: 'quantised', k: 1, B: 2 },
});
const source = new ImageSource(network, dataset);
const schedule: TrainingOptions = { epochs: 3, learningRate: 1e-2, batch: 5, heldOut: 1, gradients: 'float32' };

/** Saves in memory; `saves` calls and then the program is killed. */
class Memory implements ResumePoint {
  saved: Uint8Array | undefined;
  constructor(public saves = Number.POSITIVE_INFINITY) {}

  load() {
    return Promise.resolve(this.saved);
  }

  save(state: Uint8Array) {
    this.saved = state.slice();
    return --this.saves > 0 ? Promise.resolve() : Promise.reject(new Error('killed'));
  }
}

const contextOf = (resume: ResumePoint, told: string[] = []) => ({
  ...{ resume, signal: new AbortController().signal, progress() {} },
  log: (line: string) => void told.push(line),
  warn: (line: string) => void told.push(line),
});
const run = (resume: ResumePoint, threads: number, signal = new AbortController().signal, progress = () => {}) =>
  train(wasmEngine, source, freshCheckpoint(network, 5), schedule, threads, { ...contextOf(resume), signal, progress });

describe('training', () => {
  it('ends with the same bytes for any number of threads, and after it was killed between epochs', async () => {
    const undisturbed = await run(new Memory(), 1);
    expect((await run(new Memory(), 3)).checkpoint).toEqual(undisturbed.checkpoint);
    const memory = new Memory(1);
    await expect(run(memory, 2)).rejects.toThrow('killed');
    memory.saves = Number.POSITIVE_INFINITY;
    const resumed = await run(memory, 2);
    expect(resumed.checkpoint).toEqual(undisturbed.checkpoint);
    expect(resumed.history).toBe(undisturbed.history);
  });

  /** The same training, killed after its first save again and again until it ends. */
  async function killed(start: Checkpoint, options: TrainingOptions) {
    const memory = new Memory(1);
    for (let deaths = 0; ; deaths++) {
      memory.saves = 1;
      const result = await train(wasmEngine, source, start, options, 1, contextOf(memory)).catch((error: Error) => {
        if (error.message !== 'killed') throw error;
      });
      if (result) return { ...result, deaths };
    }
  }

  it('by one schedule is in bits what two trainings are, each at its rate, and goes on after any epoch of it', async () => {
    const start = freshCheckpoint(network, 5);
    const steps = [{ after: 2, learningRate: 1e-3 }];
    const whole = { ...schedule, epochs: 4, schedule: { steps } };
    const one = await train(wasmEngine, source, start, whole, 1, contextOf(new Memory()));
    const first = await train(wasmEngine, source, start, { ...schedule, epochs: 2 }, 1, contextOf(new Memory()));
    const second = { ...schedule, epochs: 2, learningRate: 1e-3 };
    const middle = decodeCheckpoint(first.checkpoint, 'first');
    const two = await train(wasmEngine, source, middle, second, 1, contextOf(new Memory()));
    expect(one.checkpoint).toEqual(two.checkpoint);
    expect(one.history).toBe(two.history);
    const rates = parseHistory(one.history, 'x', 'f').epochs.map(({ learningRate }) => learningRate);
    expect(rates).toEqual([1e-2, 1e-2, 1e-3, 1e-3]);
    const constant = await train(wasmEngine, source, start, { ...schedule, epochs: 4 }, 1, contextOf(new Memory()));
    expect(constant.checkpoint).not.toEqual(one.checkpoint);
    const { deaths, ...resumed } = await killed(start, whole);
    expect(deaths).toBe(4);
    expect(resumed).toEqual(one);
  });

  it.each<[string, Partial<TrainingOptions>]>([
    ['sgd', { optimizer: { kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 1e-2 } }],
    ['adamw', { optimizer: { kind: 'adamw', weightDecay: 1e-2 } }],
  ])('with %s, warm-up and a cosine goes on after any epoch with the same bits', async (_, options) => {
    const start = freshCheckpoint(network, 5);
    const all: TrainingOptions = { ...schedule, ...options, schedule: { warmUp: 1, cosine: { to: 1e-3 } } };
    const undisturbed = await train(wasmEngine, source, start, all, 1, contextOf(new Memory()));
    const { deaths, ...resumed } = await killed(start, all);
    expect(deaths).toBe(3);
    expect(resumed).toEqual(undisturbed);
    expect(resumed.checkpoint).not.toEqual((await run(new Memory(), 1)).checkpoint);
  });

  it('says so when it begins without the moments of another optimiser', async () => {
    const start = decodeCheckpoint((await run(new Memory(), 1)).checkpoint, 'adam');
    const told: string[] = [];
    const sgd = {
      ...schedule,
      epochs: 1,
      optimizer: { kind: 'sgd', momentum: 0, nesterov: false, weightDecay: 0 },
    } as const;
    const result = await train(wasmEngine, source, start, sgd, 1, contextOf(new Memory(), told));
    expect(told[0]).toBe(
      'The checkpoint was trained with adam, and this training continues with sgd: it starts without moments.',
    );
    expect(decodeCheckpoint(result.checkpoint, 'sgd').optimizer?.kind).toBe('sgd');
  });

  describe('with images for validation', () => {
    const all = { ...schedule, epochs: 8, heldOut: 6, validate: true, keep: 'best', learningRate: 3e-2 } as const;
    const start = freshCheckpoint(network, 5);

    it('never trains on them, tests them after each epoch, and keeps the first of the best', async () => {
      const trained = new Set<number>();
      const original = Loader.prototype.batches;
      const spy = vi.spyOn(Loader.prototype, 'batches').mockImplementation(function (this: Loader, orders) {
        const noted = [...orders];
        for (const order of noted) if (order.split === 'train') for (const index of order.indices) trained.add(index);
        return Reflect.apply(original<(typeof noted)[number]>, this, [noted]);
      });
      const result = await train(wasmEngine, source, start, all, 1, contextOf(new Memory()));
      spy.mockRestore();
      expect(Math.max(...trained)).toBe(dataset.train.count - all.heldOut - 1);

      const { epochs, kept } = parseHistory(result.history, 'x', 'f');
      const accuracies = epochs.map(({ validationAccuracy }) => validationAccuracy!);
      expect(accuracies).toHaveLength(8);
      const best = accuracies.indexOf(Math.max(...accuracies)) + 1;
      expect([kept, result.kept.epoch, result.last.epoch]).toEqual([best, best, 8]);
      expect(best).toBeLessThan(8);
      const checkpoint = decodeCheckpoint(result.checkpoint, 'best');
      expect(checkpoint.epoch).toBe(best);
      // It is what a training of so many epochs would have ended with.
      const { keep: _, ...last } = all;
      const shorter = await train(wasmEngine, source, start, { ...last, epochs: best }, 1, contextOf(new Memory()));
      expect(shorter.checkpoint).toEqual(result.checkpoint);
      const { deaths, ...resumed } = await killed(start, all);
      expect(deaths).toBe(8);
      expect(resumed).toEqual(result);
    });

    it('ends when nothing has become better for a while, and says so', async () => {
      const told: string[] = [];
      const patient = { ...all, patience: 1 };
      const result = await train(wasmEngine, source, start, patient, 1, contextOf(new Memory(), told));
      expect(result.last.epoch).toBe(result.kept.epoch + 1);
      expect(told.slice(-2)).toEqual([
        `ends after epoch ${result.last.epoch} of 8: 1 epoch without a better validation accuracy than epoch ${result.kept.epoch}'s`,
        `keeps epoch ${result.kept.epoch}, the best on the validation images`,
      ]);
      const { deaths, ...resumed } = await killed(start, patient);
      expect(deaths).toBe(result.last.epoch);
      expect(resumed).toEqual(result);
    });

    it('warns where images lie in the order of their classes', async () => {
      const told: string[] = [];
      const sorted = { ...dataset, train: { ...dataset.train, labels: dataset.train.labels.slice().sort() } };
      const ordered = new ImageSource(network, sorted);
      await train(wasmEngine, ordered, start, { ...all, epochs: 1, heldOut: 2 }, 1, contextOf(new Memory(), told));
      expect(told[0]).toMatch(
        /^Images of only 1 of 3 classes are among the 2 images of validation \(0: 0, 1: 0, 2: 2\): the last images are held out, so the training split should be in random order\. Of arrays, save i = numpy/,
      );
      // Held out without being validated: what is trained on may lack a class all the same.
      const last = sorted.train.labels.filter((label) => label === 2).length;
      const unseen: string[] = [];
      const without = { ...all, epochs: 1, heldOut: last, validate: false };
      await train(wasmEngine, ordered, start, without, 1, contextOf(new Memory(), unseen));
      expect(unseen[0]).toMatch(
        /^Images of only 2 of 3 classes are among the images that are trained on \(0: \d+, 1: \d+, 2: 0\)/,
      );
    });
  });

  it('ends at a step when the signal is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let steps = 0;
    const running = run(new Memory(), 1, controller.signal, () => {
      if (++steps === 6) controller.abort(reason);
    });
    await expect(running).rejects.toBe(reason);
    expect(steps).toBe(6);
  });

  it('refuses one image a step where batch norm would see one value', async () => {
    const context = contextOf(new Memory());
    const one = { ...schedule, batch: 1, epochs: 1 };
    await expect(train(wasmEngine, source, freshCheckpoint(network, 5), one, 1, context)).rejects.toMatchObject({
      code: 'E_TRAIN_BATCH',
      message: expect.stringContaining(`"${network.layers.at(-2)!.name}"`) as string,
    });
    // With several values of a channel in each image there is a variance.
    const wide = buildNetwork(readNetwork('8C3-8C3') as ReadPlan, {
      ...{ input: [8, 8, 3], classes: 3, preprocessing: 'crops', precision: network.precision },
    });
    const { last } = await train(wasmEngine, new ImageSource(wide, dataset), freshCheckpoint(wide, 5), one, 1, context);
    expect(last.loss).toBeGreaterThan(0);
  });

  it('tests on no more images at a time than there are, for an engine computes whole batches', async () => {
    const asked: number[] = [];
    const engine: typeof wasmEngine = {
      ...wasmEngine,
      evaluator: (of, parameters, options) => {
        asked.push(options.batch);
        return wasmEngine.evaluator(of, parameters, options);
      },
    };
    const context = contextOf(new Memory());
    await train(engine, source, freshCheckpoint(network, 5), { ...schedule, epochs: 1 }, 1, context);
    expect(asked).toEqual([7]);
  });

  it('is refused where the engine does not compute such gradients', async () => {
    const engine = { ...wasmEngine, name: 'floats', gradientTypes: ['float32'] as const };
    const context = contextOf(new Memory());
    const start = freshCheckpoint(network, 5);
    await expect(train(engine, source, start, { ...schedule, gradients: 'int16' }, 1, context)).rejects.toMatchObject({
      ...{ code: 'E_ENGINE', hint: 'Leave `gradients` out, or train with the default engine.' },
      message: 'The engine "floats" computes gradients only in float32, but this stage asks for int16.',
    });
  });
});
