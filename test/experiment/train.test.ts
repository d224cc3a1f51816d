import { describe, expect, it } from 'vitest';
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import { ImageSource } from '../../src/experiment/images.js';
import { freshCheckpoint, train } from '../../src/experiment/train.js';
import { type ReadPlan, readNetwork } from '../../src/network/network-parameter.js';
import { buildNetwork } from '../../src/network/presets.js';
import type { ResumePoint } from '../../src/store/resume.js';
import { randomDataset } from './random-dataset.js';

const dataset = randomDataset({ seed: 3, side: 12, classes: 3, train: 23, test: 7 });
const network = buildNetwork(readNetwork('8C3-P2-8C4v') as ReadPlan, {
  ...{ input: [8, 8, 3], classes: 3, preprocessing: 'crops' },
  precision: { kind: 'quantised', k: 1, B: 2 },
});
const source = new ImageSource(network, dataset);
const schedule = { epochs: 3, learningRate: 1e-2, batch: 5, heldOut: 1, gradients: 'float32' } as const;

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

const run = (resume: ResumePoint, threads: number, signal = new AbortController().signal, progress = () => {}) =>
  train(wasmEngine, source, freshCheckpoint(network, 5), schedule, threads, {
    ...{ resume, signal, progress },
    log: () => undefined,
  });

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
    const context = { ...{ resume: new Memory(), signal: new AbortController().signal }, progress() {}, log() {} };
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
    const context = { ...{ resume: new Memory(), signal: new AbortController().signal }, progress() {}, log() {} };
    await train(engine, source, freshCheckpoint(network, 5), { ...schedule, epochs: 1 }, 1, context);
    expect(asked).toEqual([7]);
  });

  it('is refused where the engine does not compute such gradients', async () => {
    const engine = { ...wasmEngine, name: 'floats', gradientTypes: ['float32'] as const };
    const context = { ...{ resume: new Memory(), signal: new AbortController().signal }, progress() {}, log() {} };
    const start = freshCheckpoint(network, 5);
    await expect(train(engine, source, start, { ...schedule, gradients: 'int16' }, 1, context)).rejects.toMatchObject({
      ...{ code: 'E_ENGINE', hint: 'Leave `gradients` out, or train with the default engine.' },
      message: 'The engine "floats" computes gradients in float32 alone, and this stage asks for int16.',
    });
  });
});
