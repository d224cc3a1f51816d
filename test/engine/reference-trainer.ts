import type { GradientType } from '../../src/engine/engine.js';
import type { Convolution, ConvolutionLayer, Network } from '../../src/network/architecture.js';
import { blocksOf } from '../../src/network/layers.js';
import { method } from '../../src/network/method.mjs';
import { levels, spikesPerUnit } from '../../src/network/precision.js';
import { ternarise } from '../../src/network/ternary.js';
import { convolve } from '../network/reference-ann.js';

export interface ReferenceStep {
  readonly loss: number;
  readonly correct: number;
  /** With respect to Q(W) for ternary layers, before the factor 2. */
  readonly gradients: ReadonlyMap<string, Float64Array>;
  readonly running: ReadonlyMap<string, Float64Array>;
  /**
   * The same with the absolute value of every term of every sum, nothing cancelling out: what rounding errors of
   * single precision are relative to.
   */
  readonly magnitudes: () => ReadonlyMap<string, Float64Array>;
  /** Smallest distance of any activation to where the quantiser, the clip or ReLU decides otherwise. */
  readonly margin: number;
}

type Parameters = ReadonlyMap<string, Float32Array>;

/** What the forward pass of a block leaves for the backward pass; arrays are [image][pixel·channel]. */
interface Block {
  readonly layer: ConvolutionLayer;
  readonly weights: Float64Array;
  readonly input: readonly Float64Array[];
  readonly z: readonly Float64Array[];
  readonly y: readonly Float64Array[];
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/**
 * One training step up to the gradients, as plain loops in double precision.
 * @param gradientType int16 rounds dz of ternary layers as the engine does
 */
export function referenceStep(
  network: Network,
  parameters: Parameters,
  images: readonly Float64Array[],
  labels: readonly number[],
  gradientType: GradientType = 'float32',
): ReferenceStep {
  const blocks: Block[] = [];
  let current = images;
  let margin = Number.POSITIVE_INFINITY;
  for (const layer of blocksOf(network)) {
    const block = forward(layer, parameters, current);
    blocks.push(block);
    const activated = block.y.map((values) => activate(network, values));
    margin = Math.min(margin, ...activated.map((one) => one.margin));
    current = activated.map((one) => one.values);
  }
  const dense = Float64Array.from(parameters.get('dense.weight')!);
  const { loss, correct, gradient } = softmax(dense, current, labels, network.classes);

  const gradientsOf = (absolute: boolean): Map<string, Float64Array> => {
    const gradients = new Map<string, Float64Array>();
    const denseGradient = new Float64Array(dense.length);
    // p − 1 for the label's class, p for the others: none is larger than 1.
    const slope = (n: number, c: number) => (absolute ? 1 / images.length : gradient[n]![c]!);
    const size = absolute ? Math.abs : (value: number) => value;
    let upstream: readonly Float64Array[] = current.map((input, n) =>
      input.map((value, i) => {
        let sum = 0;
        for (let c = 0; c < network.classes; c++) {
          denseGradient[i * network.classes + c]! += value * slope(n, c);
          sum += size(dense[i * network.classes + c]!) * slope(n, c);
        }
        return sum;
      }),
    );
    gradients.set('dense.weight', denseGradient);
    for (const block of blocks.toReversed())
      upstream = backward(network, block, parameters, upstream, gradients, gradientType, absolute);
    return gradients;
  };
  let derived: ReadonlyMap<string, Float64Array> | undefined;
  return {
    ...{ loss, correct, running: runningStatistics(blocks, parameters), margin },
    magnitudes: () => gradientsOf(true),
    // Most of the work, and of no use where some decision is too near.
    get gradients() {
      derived ??= gradientsOf(false);
      return derived;
    },
  };
}

function forward(layer: ConvolutionLayer, parameters: Parameters, input: readonly Float64Array[]): Block {
  const latent = parameters.get(`${layer.name}.weight`)!;
  const weights = Float64Array.from(layer.weights === 'ternary' ? ternarise(latent, layer.output[2]) : latent);
  const z = input.map((image) => convolve(layer, weights, image));
  const channels = layer.output[2];
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  const count = (z[0]!.length / channels) * z.length;
  for (const image of z) for (const [i, value] of image.entries()) mean[i % channels]! += value / count;
  for (const image of z)
    for (const [i, value] of image.entries()) variance[i % channels]! += (value - mean[i % channels]!) ** 2 / count;
  const deviation = variance.map((value) => Math.sqrt(value + method.batchNormEpsilon));
  const [gamma, beta] = ['gamma', 'beta'].map((role) => parameters.get(`${layer.name}.${role}`)!);
  const y = z.map((image) =>
    image.map((value, i) => {
      const c = i % channels;
      return (gamma![c]! * (value - mean[c]!)) / deviation[c]! + beta![c]!;
    }),
  );
  return { layer, weights, input, z, y, mean, deviation };
}

function activate(network: Network, y: Float64Array): { values: Float64Array; margin: number } {
  const { precision } = network;
  let margin = Number.POSITIVE_INFINITY;
  if (precision.kind === 'fp32') {
    for (const value of y) margin = Math.min(margin, Math.abs(value));
    return { values: y.map((value) => Math.max(0, value)), margin };
  }
  const n = spikesPerUnit(precision.k);
  const top = levels(precision);
  const values = y.map((value) => {
    const scaled = n * value + 0.5;
    if (scaled > -1 && scaled < top + 2) margin = Math.min(margin, Math.abs(scaled - Math.round(scaled)));
    margin = Math.min(margin, Math.abs(value), Math.abs(value - precision.B));
    return Math.max(0, Math.min(top, Math.floor(scaled))) / n;
  });
  return { values, margin };
}

function softmax(weights: Float64Array, inputs: readonly Float64Array[], labels: readonly number[], classes: number) {
  let [loss, correct] = [0, 0];
  const gradient = inputs.map((input, n) => {
    const logits = Array.from({ length: classes }, (_, c) =>
      input.reduce((sum, x, i) => sum + x * weights[i * classes + c]!, 0),
    );
    const top = Math.max(...logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
    loss += (Math.log(total) - (logits[labels[n]!]! - top)) / inputs.length;
    if (logits.indexOf(top) === labels[n]) correct++;
    return logits.map((logit, c) => (Math.exp(logit - top) / total - (c === labels[n] ? 1 : 0)) / inputs.length);
  });
  return { loss, correct, gradient };
}

/** Fills in the block's gradients and returns the gradient of its input. */
function backward(
  network: Network,
  { layer, weights, input, z, y, mean, deviation }: Block,
  parameters: Parameters,
  upstream: readonly Float64Array[],
  gradients: Map<string, Float64Array>,
  gradientType: GradientType,
  absolute: boolean,
): Float64Array[] {
  const channels = layer.output[2];
  const bound = network.precision.kind === 'fp32' ? Number.POSITIVE_INFINITY : network.precision.B;
  const g = upstream.map((image, n) => image.map((value, i) => (y[n]![i]! > 0 && y[n]![i]! <= bound ? value : 0)));
  const size = absolute ? Math.abs : (value: number) => value;
  const minus = (a: number, b: number) => (absolute ? Math.abs(a) + Math.abs(b) : a - b);
  const hat = z.map((image) => image.map((value, i) => minus(value, mean[i % channels]!) / deviation[i % channels]!));
  const gammaGradient = new Float64Array(channels);
  const betaGradient = new Float64Array(channels);
  for (const [n, image] of g.entries())
    for (const [i, value] of image.entries()) {
      betaGradient[i % channels]! += value;
      gammaGradient[i % channels]! += value * hat[n]![i]!;
    }
  const count = (z[0]!.length / channels) * z.length;
  const gamma = parameters.get(`${layer.name}.gamma`)!;
  const dz = g.map((image, n) =>
    image.map((value, i) => {
      const c = i % channels;
      const means = (betaGradient[c]! + hat[n]![i]! * gammaGradient[c]!) / count;
      return size(gamma[c]! / deviation[c]!) * minus(value, means);
    }),
  );
  const weightGradient = new Float64Array(weights.length);
  const inputGradient = input.map((image) => new Float64Array(image.length));
  const integer = gradientType === 'int16' && layer.weights === 'ternary' && !absolute;
  const sizes = weights.map(size);
  const most = integer ? largestGradient(g, z, { gamma, deviation, mean, gammaGradient, betaGradient, count }) : 0;
  for (const [n, image] of dz.entries()) {
    if (!integer) {
      correlate(layer, sizes, input[n]!, image, { dw: weightGradient, dx: inputGradient[n]! });
      continue;
    }
    // 12 bits for the weights, 16 for the input.
    correlate(layer, sizes, input[n]!, roundTo(image, most, 12), { dw: weightGradient });
    correlate(layer, sizes, input[n]!, roundTo(image, most, 16), { dx: inputGradient[n]! });
  }
  gradients.set(`${layer.name}.weight`, weightGradient);
  gradients.set(`${layer.name}.gamma`, gammaGradient);
  gradients.set(`${layer.name}.beta`, betaGradient);
  return inputGradient;
}

interface Normalisation {
  readonly gamma: Float32Array;
  readonly deviation: Float64Array;
  readonly mean: Float64Array;
  readonly gammaGradient: Float64Array;
  readonly betaGradient: Float64Array;
  readonly count: number;
}

/** What |dz| = |a·g + b·z + d| can be at most in any channel, from the ranges of g and z alone. */
function largestGradient(g: readonly Float64Array[], z: readonly Float64Array[], norm: Normalisation): number {
  const { gamma, deviation, mean, gammaGradient, betaGradient, count } = norm;
  const channels = gamma.length;
  const [ofG, ofZ] = [new Float64Array(channels), new Float64Array(channels)];
  const a = (c: number) => gamma[c]! / deviation[c]!;
  for (const [n, image] of g.entries())
    for (const [i, value] of image.entries()) {
      const c = i % channels;
      const hat = (z[n]![i]! - mean[c]!) / deviation[c]!;
      ofG[c] = Math.max(ofG[c]!, Math.abs(a(c) * value));
      ofZ[c] = Math.max(ofZ[c]!, Math.abs((a(c) * (betaGradient[c]! + hat * gammaGradient[c]!)) / count));
    }
  return Math.max(...ofG.map((value, c) => value + ofZ[c]!)) * 1.00001;
}

/** To the nearest multiple of the least power of two by which `bound` fits that many bits. */
function roundTo(values: Float64Array, bound: number, bits: number): Float64Array {
  const step = Math.max(2 ** -100, 2 ** Math.ceil(Math.log2(bound / (2 ** (bits - 1) - 1))));
  return values.map((value) => Math.round(value / step) * step);
}

/** dw += x·dz and dx += w·dz over all windows; what is not asked for is left out. */
export function correlate(
  layer: Omit<Convolution, 'name'>,
  w: ArrayLike<number>,
  x: ArrayLike<number>,
  dz: ArrayLike<number>,
  { dw, dx }: { readonly dw?: Float64Array; readonly dx?: Float64Array },
): void {
  const [height, width, inputs] = layer.input;
  const [outHeight, outWidth, outputs] = layer.output;
  // Of one kind, whatever they are given as: V8 makes far faster loops of that.
  const [weights, values, gradients] = [w, x, dz].map((all) => new Float64Array(all)) as [Doubles, Doubles, Doubles];
  for (let oy = 0; oy < outHeight; oy++)
    for (let ox = 0; ox < outWidth; ox++)
      for (let ky = 0; ky < layer.kernel[0]; ky++)
        for (let kx = 0; kx < layer.kernel[1]; kx++) {
          const iy = oy * layer.stride + ky - layer.padding[0];
          const ix = ox * layer.stride + kx - layer.padding[1];
          if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
          const pixel = (oy * outWidth + ox) * outputs;
          for (let ci = 0; ci < inputs; ci++) {
            const at = (iy * width + ix) * inputs + ci;
            const tap = ((ky * layer.kernel[1] + kx) * inputs + ci) * outputs;
            const value = values[at]!;
            if (dw !== undefined && value !== 0)
              for (let co = 0; co < outputs; co++) dw[tap + co]! += value * gradients[pixel + co]!;
            if (dx !== undefined) dx[at] = added(dx[at]!, weights, tap, gradients, pixel, outputs);
          }
        }
}

type Doubles = Float64Array;

function added(start: number, a: Doubles, atA: number, b: Doubles, atB: number, count: number): number {
  let sum = start;
  for (let i = 0; i < count; i++) sum += a[atA + i]! * b[atB + i]!;
  return sum;
}

/** running = 0.9·running + 0.1·batch, biased variance. */
function runningStatistics(blocks: readonly Block[], parameters: Parameters): Map<string, Float64Array> {
  const running = new Map<string, Float64Array>();
  for (const { layer, mean, deviation } of blocks) {
    const before = (role: string) => parameters.get(`${layer.name}.${role}`)!;
    running.set(
      `${layer.name}.mean`,
      mean.map((value, c) => 0.9 * before('mean')[c]! + 0.1 * value),
    );
    running.set(
      `${layer.name}.variance`,
      deviation.map((value, c) => 0.9 * before('variance')[c]! + 0.1 * (value ** 2 - method.batchNormEpsilon)),
    );
  }
  return running;
}
