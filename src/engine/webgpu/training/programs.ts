// Programs of a training step. Each sum has a fixed order: the same bytes on one device.
import type { Precision } from '../../../network/architecture.js';
import { adam, method } from '../../../network/method.mjs';
import type { Optimiser } from '../../../network/optimiser.js';
import { spikesPerUnit } from '../../../network/precision.js';
import { mainBegins, numbered, workgroup } from '../invocations.js';

type Binding = readonly [name: string, access: 'read' | 'read_write', type?: string];

const program = (bindings: readonly Binding[], body: string) => `
${bindings
  .map(([name, access, type = 'f32'], i) => `@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<${type}>;`)
  .join('\n')}
@group(0) @binding(${bindings.length}) var<uniform> size: vec4<u32>;
${numbered}
${body}`;

/** The same with an entry point of which each invocation knows its number, `at`. */
const each = (bindings: readonly Binding[], body: string) =>
  program(bindings, `${mainBegins} let at = numberOf(group, groups, own); ${body} }`);

/** Numbers of the programs below: pixels of all images, channels, pixels of a chunk, and chunks. */
const [pixels, channels, perChunk, chunks] = ['size.x', 'size.y', 'size.z', 'size.w'] as const;

/** Pixels begin .. end of a chunk; an invocation has a chunk of a channel. */
const ofChunk = `
  let channel = at % ${channels};
  let chunk = at / ${channels};
  if (chunk >= ${chunks}) { return; }
  let begin = chunk * ${perChunk};
  let end = min(begin + ${perChunk}, ${pixels});`;

/** Bindings: z, [chunk][channel] of means and sums of squares about them. */
export const chunkMoments = each(
  [
    ['z', 'read'],
    ['parts', 'read_write', 'vec2<f32>'],
  ],
  `${ofChunk}
  var sum = 0.0;
  for (var i = begin; i < end; i++) { sum += z[i * ${channels} + channel]; }
  let mean = sum / f32(end - begin);
  var squares = 0.0;
  for (var i = begin; i < end; i++) {
    let away = z[i * ${channels} + channel] - mean;
    squares += away * away;
  }
  parts[at] = vec2<f32>(mean, squares);`,
);

/** Bindings: those, running mean and variance, and [channel] of the batch's mean and 1/√(variance + ε). */
export const batchMoments = each(
  [
    ['parts', 'read', 'vec2<f32>'],
    ['runningMean', 'read_write'],
    ['runningVariance', 'read_write'],
    ['moments', 'read_write', 'vec2<f32>'],
  ],
  `
  if (at >= ${channels}) { return; }
  var sum = 0.0;
  for (var chunk = 0u; chunk < ${chunks}; chunk++) {
    let count = f32(min(${perChunk}, ${pixels} - chunk * ${perChunk}));
    sum += count * parts[chunk * ${channels} + at].x;
  }
  let mean = sum / f32(${pixels});
  var squares = 0.0;
  for (var chunk = 0u; chunk < ${chunks}; chunk++) {
    let count = f32(min(${perChunk}, ${pixels} - chunk * ${perChunk}));
    let part = parts[chunk * ${channels} + at];
    squares += part.y + count * (part.x - mean) * (part.x - mean);
  }
  let variance = squares / f32(${pixels});
  runningMean[at] = runningMean[at] * ${method.runningShare} + mean * ${1 - method.runningShare};
  runningVariance[at] = runningVariance[at] * ${method.runningShare} + variance * ${1 - method.runningShare};
  moments[at] = vec2<f32>(mean, 1.0 / sqrt(variance + ${method.batchNormEpsilon}));`,
);

/** Bindings of all that needs y = BN(z) again. */
const norm: readonly Binding[] = [
  ['z', 'read'],
  ['moments', 'read', 'vec2<f32>'],
  ['gamma', 'read'],
  ['beta', 'read'],
];

const hat = (at: string, channel: string) => `(z[${at}] - moments[${channel}].x) * moments[${channel}].y`;

/** ReLU, clip and quantiser of y. */
const activation = (precision: Precision) =>
  precision.kind === 'fp32'
    ? 'max(y, 0.0)'
    : `floor(clamp(y, 0.0, ${precision.B}.0) * ${spikesPerUnit(precision.k)}.0 + 0.5) / ${spikesPerUnit(precision.k)}.0`;

/** Does the gradient pass y? */
const passes = (precision: Precision) => (precision.kind === 'fp32' ? 'y > 0.0' : `y > 0.0 && y <= ${precision.B}.0`);

/** Bindings: z, moments, γ, β, and what comes out. */
export const activate = (precision: Precision): string =>
  each(
    [...norm, ['out', 'read_write']],
    `
  if (at >= ${pixels} * ${channels}) { return; }
  let channel = at % ${channels};
  let y = ${hat('at', 'channel')} * gamma[channel] + beta[channel];
  out[at] = ${activation(precision)};`,
  );

/** Bindings: z, moments, γ, β, dy, and [chunk][channel] of the sums of the gradients of β and γ. */
export const chunkGradients = (precision: Precision): string =>
  each(
    [...norm, ['dy', 'read'], ['parts', 'read_write', 'vec2<f32>']],
    `${ofChunk}
  var sums = vec2<f32>(0.0);
  for (var i = begin; i < end; i++) {
    let value = i * ${channels} + channel;
    let hat = ${hat('value', 'channel')};
    let y = hat * gamma[channel] + beta[channel];
    let g = select(0.0, dy[value], ${passes(precision)});
    sums += vec2<f32>(g, g * hat);
  }
  parts[at] = sums;`,
  );

/** Bindings: those sums, and the gradients of γ and β. */
export const normGradients = each(
  [
    ['parts', 'read', 'vec2<f32>'],
    ['gammaGradient', 'read_write'],
    ['betaGradient', 'read_write'],
  ],
  `
  if (at >= ${channels}) { return; }
  var sums = vec2<f32>(0.0);
  for (var chunk = 0u; chunk < ${chunks}; chunk++) { sums += parts[chunk * ${channels} + at]; }
  betaGradient[at] = sums.x;
  gammaGradient[at] = sums.y;`,
);

/** Bindings: z, moments, γ, β, dy, the gradients of γ and β, and that of z. */
export const inputGradient = (precision: Precision): string =>
  each(
    [...norm, ['dy', 'read'], ['gammaGradient', 'read'], ['betaGradient', 'read'], ['dz', 'read_write']],
    `
  if (at >= ${pixels} * ${channels}) { return; }
  let channel = at % ${channels};
  let hat = ${hat('at', 'channel')};
  let y = hat * gamma[channel] + beta[channel];
  let g = select(0.0, dy[at], ${passes(precision)});
  let rest = hat * (gammaGradient[channel] / f32(${pixels})) + betaGradient[channel] / f32(${pixels});
  dz[at] = (g - rest) * (gamma[channel] * moments[channel].y);`,
  );

/** Sums that the mean of a layer's weights is made of. */
export const weightSums = 1024;

/** Bindings: weights, and sums of their sizes. Numbers: how many weights. */
export const sumSizes = each(
  [
    ['weights', 'read'],
    ['sums', 'read_write'],
  ],
  `
  if (at >= ${weightSums}u) { return; }
  var sum = 0.0;
  for (var i = at; i < size.x; i += ${weightSums}u) { sum += abs(weights[i]); }
  sums[at] = sum;`,
);

/** Bindings: weights, those sums, and −1, 0 or 1 for each. Numbers: how many weights. */
export const ternarise = program(
  [
    ['weights', 'read'],
    ['sums', 'read'],
    ['out', 'read_write'],
  ],
  `var<workgroup> parts: array<f32, ${workgroup}>;
${mainBegins}
  var part = 0.0;
  for (var i = own; i < ${weightSums}u; i += ${workgroup}u) { part += sums[i]; }
  parts[own] = part;
  for (var half = ${workgroup / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (own < half) { parts[own] += parts[own + half]; }
  }
  workgroupBarrier();
  let threshold = parts[0] / f32(size.x) * ${method.ternaryShare};
  let at = numberOf(group, groups, own);
  if (at >= size.x) { return; }
  let w = weights[at];
  out[at] = select(0.0, 1.0, w >= threshold) - select(0.0, 1.0, w <= -threshold);
}`,
);

/** Bindings: a gradient, and twice it. Numbers: how many. */
export const double = each(
  [
    ['gradient', 'read'],
    ['out', 'read_write'],
  ],
  `
  if (at >= size.x) { return; }
  out[at] = 2.0 * gradient[at];`,
);

/** What becomes of a parameter: its moments are at `at`. Rates: of the step, decay in the gradient, what it keeps. */
const byAdam = `
  let g = gradient + w * rates.y;
  let first = m[at] * ${adam.beta1} + g * ${1 - adam.beta1};
  let second = v[at] * ${adam.beta2} + g * g * ${1 - adam.beta2};
  m[at] = first;
  v[at] = second;
  return w * rates.z - first * rates.x / (sqrt(second) + ${adam.epsilon});`;

/** Rates: of the step, decay in the gradient, momentum. */
const bySgd = (nesterov: boolean) => `
  let g = gradient + w * rates.y;
  let first = m[at] * rates.z + g;
  m[at] = first;
  return w - ${nesterov ? '(g + first * rates.z)' : 'first'} * rates.x;`;

/**
 * Bindings: parameters that share a buffer, their gradients, moments of all, and twice weights and their gradient. Numbers:
 * how many share the buffer; twice where the moments of the weights begin, and how many they are.
 */
export function moveAll(optimiser: Optimiser): string {
  const names = ['parameters', 'gradients', 'm', ...(optimiser.kind === 'sgd' ? [] : ['v'])];
  const all = [...names, 'w1', 'gradient1', 'w2', 'gradient2'];
  const bindings = all.map((name, i) => {
    const access = name.startsWith('gradient') ? 'read' : 'read_write';
    return `@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<f32>;`;
  });
  return `
${bindings.join('\n')}
@group(0) @binding(${all.length}) var<uniform> size: array<vec4<u32>, 2>;
@group(0) @binding(${all.length + 1}) var<uniform> rates: vec4<f32>;
${numbered}
fn moved(w: f32, gradient: f32, at: u32) -> f32 {${optimiser.kind === 'sgd' ? bySgd(optimiser.nesterov) : byAdam}
}
${mainBegins}
  let at = numberOf(group, groups, own);
  if (at < size[0].x) { parameters[at] = moved(parameters[at], gradients[at], at); return; }
  let first = at - size[0].x;
  if (first < size[0].z) { w1[first] = moved(w1[first], gradient1[first], size[0].y + first); return; }
  let second = first - size[0].z;
  if (second < size[1].x) { w2[second] = moved(w2[second], gradient2[second], size[0].w + second); }
}`;
}
