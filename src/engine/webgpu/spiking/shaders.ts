// Programs of the graphics processor for spiking layers. All sums are of integers: exact, and the same in any order.
import type { SpikingLayer } from '../../../spiking/network.js';
import { padChannels } from '../../wasm/geometry.js';
import { mainBegins, numbered, workgroup } from '../invocations.js';

/** Neighbouring neurons that one invocation computes: so many pixels, each with four channels. */
const pixelsAtOnce = 4;
/** Words of four spike counts that one invocation adds up. */
const wordsAtOnce = 16;

/** Spike counts are bytes, products are of signed ones. */
const largestSigned = 127;

/** Workgroups of `convolutionProgram` for so many images. */
export function convolutionGroups({ output: [height, width, channels] }: SpikingLayer, images: number): number {
  const pixels = Math.ceil((images * height * width) / pixelsAtOnce);
  return Math.ceil((pixels * padChannels(channels)) / 4 / workgroup);
}

/** Workgroups of `countingProgram` for so many spike counts. */
export const countingGroups = (spikes: number): number => Math.ceil(spikes / 4 / workgroup / wordsAtOnce);

/** Where an output pixel's window begins: row, column, and the number of its image's first pixel. */
function windows({ input, output, stride, padding }: SpikingLayer): string {
  const [outPixels, inPixels] = [output[0] * output[1], input[0] * input[1]];
  return `
fn window(number: u32) -> vec3<i32> {
  let image = number / ${outPixels}u;
  let pixel = number % ${outPixels}u;
  return vec3<i32>(
    i32(pixel / ${output[1]}u) * ${stride} - ${padding[0]},
    i32(pixel % ${output[1]}u) * ${stride} - ${padding[1]},
    i32(image * ${inPixels}u));
}`;
}

/** Adds products of four spike counts, a word, with weights of four neurons, `row`. */
function addProducts(sum: string, spikes: string, levels: number): string {
  const dot = (word: string) =>
    `vec4<i32>(${['x', 'y', 'z', 'w'].map((c) => `dot4I8Packed(${word}, row.${c})`).join(', ')})`;
  if (levels <= largestSigned) return `${sum} += ${dot(spikes)};`;
  // The highest bit of each byte apart.
  return `${sum} += ${dot(`${spikes} & 0x7f7f7f7fu`)} + 128 * ${dot(`(${spikes} >> 7u) & 0x01010101u`)};`;
}

/** Compares the membranes of four neurons with their thresholds. */
const fire = (sum: string, at: string, levels: number, quads: number) => `
    var reached = vec4<u32>(0u);
    for (var level = 0u; level < ${levels}u; level++) {
      reached += select(vec4<u32>(0u), vec4<u32>(1u), ${sum} >= thresholds[level * ${quads}u + quad]);
    }
    out[${at}] = reached.x | (reached.y << 8u) | (reached.z << 16u) | (reached.w << 24u);`;

/**
 * A layer's convolution, and the comparison of its membranes with their thresholds.
 *
 * Bindings: 0 spikes that arrive [image][pixel][padded channel], bytes; 1 weights [tap][four inputs][padded output], signed
 * bytes; 2 thresholds [level][padded channel]; 3 spikes out, or membranes in 32 bits, [image][pixel][padded channel];
 * 4 the number of images.
 *
 * @param fires false for membranes
 */
export function convolutionProgram(layer: SpikingLayer, levels: number, fires: boolean): string {
  const [inHeight, inWidth, inRaw] = layer.input;
  const [outHeight, outWidth, outRaw] = layer.output;
  const [words, quads] = [padChannels(inRaw) / 4, padChannels(outRaw) / 4];
  const each = (text: (pixel: number) => string) =>
    Array.from({ length: pixelsAtOnce }, (_, pixel) => text(pixel)).join('\n');
  const store = (p: number) => {
    const at = `(first + ${p}u) * ${quads}u + quad`;
    return `if (first + ${p}u < pixels) { ${fires ? fire(`sum${p}`, at, levels, quads) : `out[${at}] = sum${p};`} }`;
  };
  const taps = (p: number) => `
      let y${p} = window${p}.x + ky;
      let x${p} = window${p}.y + kx;
      let inside${p} = y${p} >= 0 && y${p} < ${inHeight} && x${p} >= 0 && x${p} < ${inWidth};
      let from${p} = select(0u, u32(window${p}.z + y${p} * ${inWidth} + x${p}) * ${words}u, inside${p});
      let mask${p} = select(0u, 0xffffffffu, inside${p});`;
  return `requires packed_4x8_integer_dot_product;
@group(0) @binding(0) var<storage, read> arriving: array<u32>;
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> thresholds: array<vec4<i32>>;
@group(0) @binding(3) var<storage, read_write> out: array<${fires ? 'u32' : 'vec4<i32>'}>;
@group(0) @binding(4) var<uniform> images: vec4<u32>;
${numbered}
${windows(layer)}
${mainBegins}
  let number = numberOf(group, groups, own);
  let quad = number % ${quads}u;
  let first = number / ${quads}u * ${pixelsAtOnce}u;
  let pixels = images.x * ${outHeight * outWidth}u;
  if (first >= pixels) { return; }
  ${each((p) => `let window${p} = window(min(first + ${p}u, pixels - 1u)); var sum${p} = vec4<i32>(0);`)}
  for (var ky = 0; ky < ${layer.kernel[0]}; ky++) {
    for (var kx = 0; kx < ${layer.kernel[1]}; kx++) {
      ${each(taps)}
      let rows = u32(ky * ${layer.kernel[1]} + kx) * ${words}u;
      for (var word = 0u; word < ${words}u; word++) {
        let row = weights[(rows + word) * ${quads}u + quad];
        ${each((p) => `let s${p} = arriving[from${p} + word] & mask${p}; ${addProducts(`sum${p}`, `s${p}`, levels)}`)}
      }
    }
  }
  ${each(store)}
}`;
}

/**
 * Counts spikes, and what they cause in the next layer: with the costs of one spike of each neuron, weighted sums.
 *
 * Bindings: 0 spikes [image][pixel][padded channel], bytes; 1 windows [pixel]; 2 synapses [pixel][padded channel]; 3 sums of
 * spikes, windows and synapses, each its lower and its upper half; 4 the number of images.
 *
 * @param shape of the layer that sends the spikes
 */
export function countingProgram([height, width, channels]: SpikingLayer['output']): string {
  const words = padChannels(channels) / 4;
  return `
@group(0) @binding(0) var<storage, read> spikes: array<u32>;
@group(0) @binding(1) var<storage, read> windows: array<u32>;
@group(0) @binding(2) var<storage, read> synapses: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> sums: array<atomic<u32>, 6>;
@group(0) @binding(4) var<uniform> images: vec4<u32>;
var<workgroup> lower: array<atomic<u32>, 3>;
var<workgroup> upper: array<atomic<u32>, 3>;
${numbered}
/** Adds to a sum of this workgroup's, which may need more than 32 bits. */
fn add(sum: u32, value: u32) {
  let before = atomicAdd(&lower[sum], value);
  if (before > 0xffffffffu - value) { atomicAdd(&upper[sum], 1u); }
}

${mainBegins}
  let all = images.x * ${height * width * words}u;
  let begin = numberOf(group, groups, 0u) * ${wordsAtOnce}u + own;
  var ownSpikes = 0u;
  var ownWindows = 0u;
  for (var i = 0u; i < ${wordsAtOnce}u; i++) {
    let at = begin + i * ${workgroup}u;
    if (at < all) {
      let word = spikes[at];
      let each = vec4<u32>(word & 255u, (word >> 8u) & 255u, (word >> 16u) & 255u, word >> 24u);
      let neuron = at % ${height * width * words}u;
      let sum = each.x + each.y + each.z + each.w;
      let products = each * synapses[neuron];
      ownSpikes += sum;
      ownWindows += sum * windows[neuron / ${words}u];
      add(2u, products.x + products.y + products.z + products.w);
    }
  }
  add(0u, ownSpikes);
  add(1u, ownWindows);
  workgroupBarrier();
  if (own < 3u) {
    let value = atomicLoad(&lower[own]);
    let before = atomicAdd(&sums[2u * own], value);
    atomicAdd(&sums[2u * own + 1u], atomicLoad(&upper[own]) + select(0u, 1u, before > 0xffffffffu - value));
  }
}`;
}
