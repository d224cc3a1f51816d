import { purposes, truncatedNormal } from '../data/random.js';
import { elements } from '../formats/shape.js';
import type { LayerKind, Network } from './architecture.js';
import { parameterShapes } from './parameters.js';

/** Standard deviations of the paper's initial weights, cut at ±2σ. */
const sigma = { convolution: 0.02, classifier: 0.1 } as const satisfies Readonly<Record<LayerKind, number>>;
/** γ ~ N(1, 0.002), cut at ±2σ like the weights. */
const gammaSigma = 0.002;

/**
 * Parameters before training (method: truncated normal weights, γ about 1, β 0, running mean 0 and variance 1).
 * Value i of tensor t is a function of (seed, t, i) alone.
 */
export function initialParameters(network: Network, seed: number): Map<string, Float32Array> {
  const parameters = new Map<string, Float32Array>();
  for (const [stream, { name, shape, role, layer }] of parameterShapes(network).entries()) {
    const values = new Float32Array(elements(shape));
    const random = (deviation: number, mean: number) => {
      const normal = truncatedNormal(values.length, { seed, purpose: purposes.initialise, stream });
      for (let i = 0; i < values.length; i++) values[i] = mean + deviation * normal[i]!;
    };
    if (role === 'weight') random(sigma[layer.kind], 0);
    else if (role === 'gamma') random(gammaSigma, 1);
    else if (role === 'variance') values.fill(1);
    parameters.set(name, values);
  }
  return parameters;
}
