import type { Convolution, Network, NetworkLayer } from '../../src/network/architecture.js';
import { levels, spikesPerUnit } from '../../src/network/precision.js';
import { batchNorm, type ChannelNorm, quantisedLevel } from '../../src/network/quantise.js';
import { ternarise } from '../../src/network/ternary.js';
import { unreachable } from '../../src/unreachable.js';

export interface AnnForward {
  /** Activations of each convolution's block, NHWC: levels n·a in a quantised network, values at fp32. */
  readonly activations: readonly Float64Array[];
  readonly logits: Float64Array;
}

/** The non-spiking network on one image, as plain loops in double precision. Tests hold everything else to it. */
export function annForward(
  network: Network,
  parameters: ReadonlyMap<string, Float32Array>,
  image: Float32Array,
): AnnForward {
  const { precision } = network;
  const n = precision.kind === 'fp32' ? 1 : spikesPerUnit(precision.k);
  const activations: Float64Array[] = [];
  const forward = (layer: NetworkLayer, input: Float64Array): Float64Array => {
    const weights = parameters.get(`${layer.name}.weight`)!;
    const channels = layer.output[2];
    switch (layer.kind) {
      case 'convolution': {
        const z = convolve(layer, layer.weights === 'ternary' ? ternarise(weights, channels) : weights, input);
        const block = z.map((value, i) => {
          const norm = channelNorm(layer, parameters, i % channels);
          return precision.kind === 'fp32'
            ? Math.max(0, batchNorm(value, norm))
            : quantisedLevel(value, norm, n, levels(precision));
        });
        activations.push(block);
        return block.map((value) => value / n);
      }
      case 'classifier':
        return dense(weights, input, channels);
      default:
        return unreachable(layer);
    }
  };
  const pixels: Float64Array = Float64Array.from(image);
  const logits = network.layers.reduce((values, layer) => forward(layer, values), pixels);
  return { activations, logits };
}

function channelNorm(layer: NetworkLayer, parameters: ReadonlyMap<string, Float32Array>, channel: number): ChannelNorm {
  const of = (role: string) => parameters.get(`${layer.name}.${role}`)![channel]!;
  return { gamma: of('gamma'), beta: of('beta'), mean: of('mean'), variance: of('variance') };
}

/** z[oy, ox, co] = Σ over ky, kx, ci, in this order, of w[ky, kx, ci, co]·x[…]; outside the image x is 0. */
export function convolve(
  layer: Omit<Convolution, 'name'>,
  weights: ArrayLike<number>,
  input: ArrayLike<number>,
): Float64Array {
  const [inputHeight, inputWidth, inputChannels] = layer.input;
  const [outputHeight, outputWidth, outputChannels] = layer.output;
  const output = new Float64Array(outputHeight * outputWidth * outputChannels);
  // Of one kind, whatever they are given as: V8 makes far faster loops of that.
  const [w, x] = [new Float64Array(weights), new Float64Array(input)];
  for (let oy = 0; oy < outputHeight; oy++)
    for (let ox = 0; ox < outputWidth; ox++)
      for (let ky = 0; ky < layer.kernel[0]; ky++)
        for (let kx = 0; kx < layer.kernel[1]; kx++) {
          const iy = oy * layer.stride + ky - layer.padding[0];
          const ix = ox * layer.stride + kx - layer.padding[1];
          if (iy < 0 || iy >= inputHeight || ix < 0 || ix >= inputWidth) continue;
          for (let ci = 0; ci < inputChannels; ci++) {
            const value = x[(iy * inputWidth + ix) * inputChannels + ci]!;
            if (value === 0) continue;
            const tap = ((ky * layer.kernel[1] + kx) * inputChannels + ci) * outputChannels;
            const pixel = (oy * outputWidth + ox) * outputChannels;
            for (let co = 0; co < outputChannels; co++) output[pixel + co]! += w[tap + co]! * value;
          }
        }
  return output;
}

/** Σ over the inputs, in their order, of w[input, class]·x[input]. */
export function dense(weights: Float32Array, input: ArrayLike<number>, classes: number): Float64Array {
  const logits = new Float64Array(classes);
  for (let i = 0; i < input.length; i++)
    for (let c = 0; c < classes; c++) logits[c]! += weights[i * classes + c]! * input[i]!;
  return logits;
}
