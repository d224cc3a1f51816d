import { elements, permute } from '../../formats/shape.js';
import type { Shape } from '../../network/architecture.js';
import { weightShape } from '../../network/parameters.js';
import type { ReadoutLayer, SpikeSource, SpikingNetwork } from '../../spiking/network.js';
import { previousDouble } from '../../spiking/thresholds.js';
import { unreachable } from '../../unreachable.js';
import type { Exactness } from '../arrays.js';
import { type Folded, foldChannel, levelThreshold } from './fold.js';

export interface NirArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array;
}

/** A node's fields as NIR names them; `type` is one of NIR's primitives. Numbers are whole. */
export type NirNode = { readonly type: string } & Readonly<Record<string, string | number | NirArray>>;

/** A graph of the Neuromorphic Intermediate Representation. Where several edges meet, their values are added. */
export interface NirGraph {
  readonly nodes: ReadonlyMap<string, NirNode>;
  readonly edges: readonly (readonly [from: string, to: string])[];
  readonly metadata: Readonly<Record<string, string | number>>;
}

/** HWIO to OIHW. */
const toOihw = [3, 2, 0, 1];

/**
 * The spiking network in NIR, for one time step of length 1.
 *
 * A neuron of L levels is L integrate-and-fire neurons (`conv2.if0`, …, in the paper's words replicated sub-neurons)
 * that get the same input, have one threshold each, and feed the same targets. The factor n that images are multiplied
 * by is in the weights of layer 1. NIR's neurons fire *above* their threshold, ours from it on: theirs are ½ lower for
 * whole-numbered membranes, and the next lower double in layer 1.
 */
export function nirGraph(network: SpikingNetwork, exactness: Exactness = 'exact'): NirGraph {
  const nodes = new Map<string, NirNode>();
  const edges: [string, string][] = [];
  nodes.set('input', { type: 'Input', shape: integers(chw(network.input)) });
  let sources = ['input'];
  const connect = (target: string) => {
    edges.push(...sources.map((source): [string, string] => [source, target]));
    sources = [target];
  };
  const n = 2 ** network.k;
  for (const layer of network.layers) {
    switch (layer.kind) {
      case 'encoding':
      case 'spiking':
        nodes.set(
          layer.name,
          convolution(layer, layer.kind === 'encoding' ? n : 1, exactness === 'exact' ? [] : foldLayer(layer)),
        );
        connect(layer.name);
        sources = Array.from({ length: network.levels }, (_, level) => {
          const name = `${layer.name}.if${level}`;
          nodes.set(name, exactness === 'exact' ? neurons(layer, level, network.levels) : population(layer, level));
          edges.push([layer.name, name]);
          return name;
        });
        break;
      case 'readout':
        nodes.set('flatten', { type: 'Flatten', start_dim: 0, end_dim: -1, input_type: integers(chw(layer.input)) });
        connect('flatten');
        nodes.set(layer.name, readout(layer, exactness));
        connect(layer.name);
        break;
      default:
        unreachable(layer);
    }
  }
  nodes.set('output', { type: 'Output', shape: integers([network.classes]) });
  connect('output');
  const { name, k, B, levels } = network;
  return { nodes, edges, metadata: { network: name, k, B, levels, steps: 1 } };
}

const chw = ([height, width, channels]: Shape) => [channels, height, width];

const integers = (values: readonly number[]): NirArray => ({
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

function foldLayer({ kind, thresholds, output: [, , channels] }: SpikeSource): readonly Folded[] {
  const levels = thresholds.length / channels;
  return Array.from({ length: channels }, (_, channel) =>
    foldChannel([...thresholds.subarray(channel * levels, (channel + 1) * levels)], kind === 'spiking'),
  );
}

/** @param folded of each channel, or of none */
function convolution(layer: SpikeSource, scale: number, folded: readonly Folded[]): NirNode {
  const channels = layer.output[2];
  const data = Float32Array.from(layer.weights, (weight, i) => scale * (folded[i % channels]?.scale ?? 1) * weight);
  return {
    type: 'Conv2d',
    input_shape: integers(layer.input.slice(0, 2)),
    weight: permute({ shape: weightShape(layer), data }, toOihw),
    stride: integers([layer.stride, layer.stride]),
    padding: integers(layer.padding),
    dilation: integers([1, 1]),
    groups: 1,
    bias: { shape: [channels], data: Float32Array.from({ length: channels }, (_, c) => folded[c]?.bias ?? 0) },
  };
}

/** How membranes of each kind are written, and the largest value of one that does not reach a threshold. */
const membranes = {
  encoding: { Values: Float64Array, below: previousDouble },
  spiking: { Values: Float32Array, below: (threshold: number) => threshold - 0.5 },
} as const satisfies Readonly<Record<SpikeSource['kind'], unknown>>;

/** One of the L integrate-and-fire neurons of each neuron of a map. */
function neurons({ kind, output, thresholds }: SpikeSource, level: number, levels: number): NirNode {
  const shape = chw(output);
  const pixels = output[0] * output[1];
  const { Values, below } = membranes[kind];
  const values = new Values(elements(shape));
  for (let channel = 0; channel < output[2]; channel++)
    values.fill(below(thresholds[channel * levels + level]!), channel * pixels, (channel + 1) * pixels);
  return {
    type: 'IF',
    r: { shape, data: new Float32Array(values.length).fill(1) },
    v_threshold: { shape, data: values },
    v_reset: { shape, data: new Float32Array(values.length) },
  };
}

/** The same where batch norm is folded: all have one threshold. */
function population({ output }: SpikeSource, level: number): NirNode {
  const shape = chw(output);
  const filled = (value: number) => ({ shape, data: new Float32Array(elements(shape)).fill(value) });
  return { type: 'IF', r: filled(1), v_threshold: filled(levelThreshold(level)), v_reset: filled(0) };
}

/** Frameworks that know one of the two kinds know the one with a bias. */
function readout(layer: ReadoutLayer, exactness: Exactness): NirNode {
  const weight = readoutWeight(layer);
  if (exactness === 'exact') return { type: 'Linear', weight };
  const [classes] = weight.shape;
  return { type: 'Affine', weight, bias: { shape: [classes!], data: new Float32Array(classes!) } };
}

/** [classes, inputs], the inputs in the order that flattening gives them here: channels first. */
function readoutWeight({ input, output: [, , classes], weights }: ReadoutLayer): NirArray {
  const { data } = permute({ shape: [...input, classes], data: weights }, toOihw);
  return { shape: [classes, elements(input)], data };
}
