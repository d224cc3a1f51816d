import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { serialize } from 'node:v8';
import type { GradientType } from '../../src/engine/engine.js';
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import { runTrials } from '../../src/engine/wasm/native/trials.js';
import type { Network } from '../../src/network/architecture.js';
import { initialParameters } from '../../src/network/initialise.js';
import type { AdamState } from '../../src/network/optimiser.js';
import { network as preset } from '../../src/network/presets.js';
import { convert } from '../../src/spiking/convert.js';
import { batchOf, fp32, liveParameters, quantised, settledParameters, smallVgg } from './examples.js';

/** What is computed, and its hash. If a change of the arithmetic is meant, the hashes change, as do all cached results. */
export const cases: Record<string, { network: Network; gradients?: GradientType; golden: string }> = {
  'LeNet k1B2': {
    network: preset('lenet', { precision: quantised(1, 2) }),
    golden: 'd83a00b12229fd635877959ceea441fed1bdc000a435c3162d3f28faceca2249',
  },
  'LeNet k1B2 with integer gradients': {
    network: preset('lenet', { precision: quantised(1, 2) }),
    gradients: 'int16',
    golden: '1de4d1b15d51f848d1b80813dcabf768bae3d934426c8142259e664848f9ae19',
  },
  'LeNet fp32': {
    network: preset('lenet', { precision: fp32 }),
    golden: '748b6ec2ce2b12927e5678527a188bc00e77bf0776e078f50382df90fdf3f875',
  },
  'small VGG k1B2 with integer gradients': {
    network: smallVgg(quantised(1, 2)),
    gradients: 'int16',
    golden: '90ca3d560f446873baefc71f4d3cf73458d86148ddddd112632f43ce6a3d5275',
  },
  'small VGG k1B2': {
    network: smallVgg(quantised(1, 2)),
    golden: '83675fce0d7c6e369cb0f58c068118984a4b57a98d17d1d5f2d1b94c857d3c8f',
  },
};

/** Of what `fingerprintOfTrials` computes. */
export const goldenTrials = '4376da3d7eec783d6bac434158fc8a092517cf9d743835326a4f02861818f2da';

/** One hash of small networks that between them have each kernel called. */
export async function fingerprintOfTrials(): Promise<string> {
  const hash = createHash('sha256');
  await runTrials((values) => void hash.update(values));
  return hash.digest('hex');
}

const batch = 20;
const stepsPerEpoch = 10;

/** Two short epochs, then inference of the ANN and the SNN with lively parameters: all results in one hash. */
export async function fingerprint(
  network: Network,
  lively: ReadonlyMap<string, Float32Array>,
  threads: number,
  gradients: GradientType = 'float32',
): Promise<string> {
  const hash = createHash('sha256');
  const options = { batch, threads };
  const trainer = await wasmEngine.trainer(
    network,
    { parameters: initialParameters(network, 1) },
    { ...options, gradients },
  );
  for (let step = 0; step < 2 * stepsPerEpoch; step++) {
    const { images, labels } = batchOf(network, batch, 1 + (step % stepsPerEpoch));
    const { loss, correct } = await trainer.step(images, labels, 1e-3);
    hash.update(JSON.stringify([loss, correct]));
  }
  for (const [name, values] of await trainer.parameters()) hash.update(name).update(new Uint8Array(values.buffer));
  const { m, v } = (await trainer.optimizer()) as AdamState;
  for (const values of [...m.values(), ...v.values()]) hash.update(new Uint8Array(values.buffer));
  await trainer.close();

  const { images } = batchOf(network, batch, 9);
  const evaluator = await wasmEngine.evaluator(network, lively, options);
  const { logits } = await evaluator.evaluate(images, batch);
  hash.update(new Uint8Array(logits.buffer));
  await evaluator.close();
  if (network.precision.kind === 'fp32') return hash.digest('hex');
  const noise = [{ deletion: 0.3, insertion: 0, membrane: 0 }];
  const simulator = await wasmEngine.simulator(convert(network, lively).network, { ...options, noise });
  const noisy = await simulator.simulate(images, batch, { seed: 5, firstImage: 40 }, true);
  for (const spikes of noisy.levels) hash.update(spikes);
  hash.update(JSON.stringify(noisy.counts)).update(new Uint8Array(noisy.logits.buffer));
  await simulator.close();
  if (noisy.counts.some(({ spikes }) => spikes === 0)) throw new Error('a silent layer proves nothing');
  return hash.digest('hex');
}

const lively = new Map<string, Promise<ReadonlyMap<string, Float32Array>>>();

/** Lively parameters of a network, drawn once. */
export function livelyParameters(network: Network): Promise<ReadonlyMap<string, Float32Array>> {
  const name = JSON.stringify(network);
  const drawn =
    lively.get(name) ??
    settledParameters(network, liveParameters(network, 1), batchOf(network, batch, 9).images, batch);
  lively.set(name, drawn);
  return drawn;
}

/**
 * Writes the lively parameters of cases to a file, which golden.js takes by SPIKELINE_TEST_LIVELY. Drawing them takes twice as
 * many steps as all that a hash is of, and the same kernels.
 */
export async function writeLively(file: string, names: readonly string[] = Object.keys(cases)): Promise<void> {
  const drawn = new Map<string, ReadonlyMap<string, Float32Array>>();
  for (const name of names) drawn.set(name, await livelyParameters(cases[name]!.network));
  writeFileSync(file, serialize(drawn));
}
