import fc from 'fast-check';
import { elements } from '../../src/formats/shape.js';
import type { Convolution, Network, Precision, Shape } from '../../src/network/architecture.js';
import { type BlockDescription, blocksOf, chainLayers, convolutionOutput } from '../../src/network/layers.js';
import { parameterShapes } from '../../src/network/parameters.js';

export interface RandomNetwork {
  readonly network: Network;
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly image: Float32Array;
}

/** A generator of repeatable numbers in [0, 1) (mulberry32), so that a failing case is known by its seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Small networks of any geometry, with γ of both signs and some exactly 0. */
export const randomNetwork: fc.Arbitrary<RandomNetwork> = fc
  .record({
    seed: fc.nat(),
    input: fc.tuple(fc.integer({ min: 4, max: 9 }), fc.integer({ min: 4, max: 9 }), fc.integer({ min: 1, max: 3 })),
    precision: fc.record({ kind: fc.constant('quantised' as const), k: fc.nat(2), B: fc.integer({ min: 1, max: 4 }) }),
    blocks: fc.array(
      fc.record({
        kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
        stride: fc.integer({ min: 1, max: 2 }),
        padding: fc.tuple(fc.nat(1), fc.nat(1)),
        channels: fc.integer({ min: 1, max: 6 }),
      }),
      { minLength: 2, maxLength: 4 },
    ),
  })
  .map(({ seed, input, precision, blocks }) => build(seed, input, precision, blocks))
  .filter(({ network }) => blocksOf(network).length >= 2);

function build(
  seed: number,
  input: Shape,
  precision: Precision,
  blocks: readonly (Pick<Convolution, 'kernel' | 'stride' | 'padding'> & { channels: number })[],
): RandomNetwork {
  let shape = input;
  const described: BlockDescription[] = [];
  for (const { kernel, stride, padding, channels } of blocks) {
    const geometry = { kernel, stride, padding, input: shape };
    const [height, width] = convolutionOutput(geometry);
    if (height < 1 || width < 1) break;
    shape = [height, width, channels];
    const name = `conv${described.length + 1}`;
    described.push({ name, ...geometry, output: shape, weights: described.length === 0 ? 'float' : 'ternary' });
  }
  const network: Network = { name: 'random', input, classes: 3, precision, layers: chainLayers(described, input, 3) };
  const random = randomNumbers(seed);
  const parameters = new Map<string, Float32Array>();
  for (const { name, shape: sizes, role } of parameterShapes(network))
    parameters.set(
      name,
      Float32Array.from({ length: elements(sizes) }, () => draw(role, random)),
    );
  return { network, parameters, image: Float32Array.from({ length: elements(input) }, () => random() * 2 - 0.5) };
}

function draw(role: string, random: () => number): number {
  if (role === 'variance') return random() * 4;
  if (role === 'gamma' && random() < 0.15) return 0;
  return (random() * 2 - 1) * (role === 'mean' || role === 'gamma' ? 2 : 1);
}
