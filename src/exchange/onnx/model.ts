import { elements, permute } from '../../formats/shape.js';
import type { ClassifierLayer, ConvolutionLayer, Network } from '../../network/architecture.js';
import { encodeNetwork } from '../../network/describe.js';
import { method } from '../../network/method.mjs';
import { type ParameterRole, parameterName, weightShape } from '../../network/parameters.js';
import { precisionLabel, spikesPerUnit } from '../../network/precision.js';
import { unreachable } from '../../unreachable.js';
import { exportedTensors } from '../arrays.js';
import { elementTypes, type OnnxModel, type OnnxNode, type OnnxTensor } from './messages.js';

/** From HWIO to OIHW. */
const toOihw = [3, 2, 0, 1];
const [nchwToNhwc, nhwcToNchw] = [
  [0, 2, 3, 1],
  [0, 3, 1, 2],
];

/**
 * The non-spiking network as an ONNX graph that decides in every neuron as ours does: `images` [N, C, H, W] in,
 * `logits` [N, classes] out.
 *
 * Arithmetic is that of our engine: layer 1, batch norm and classifier in double precision; the convolutions between
 * them in single precision, which holds their sums of multiples of 1/n exactly. Runtimes have no convolution in double
 * precision, so that layer 1 is gathered into windows, by a convolution that picks pixels, and then multiplied.
 * Hidden layers of float weights are not exact: their sums are rounded, and a runtime adds in an order of its own.
 */
export function onnxModel(network: Network, parameters: ReadonlyMap<string, Float32Array>): OnnxModel {
  const graph = new Graph();
  const tensors = new Map(exportedTensors(network, parameters, 'ternary').map(({ name, data }) => [name, data]));
  let current = 'images';
  for (const [index, layer] of network.layers.entries()) {
    const values = (role: ParameterRole) => tensors.get(parameterName(layer, role))!;
    switch (layer.kind) {
      case 'convolution': {
        const sums =
          layer.reads === 'pixels' ? encode(graph, layer, values, current) : convolve(graph, layer, values, current);
        current = quantise(graph, network, layer, normalise(graph, layer, values, sums));
        if (network.layers[index + 1]?.kind === 'convolution')
          current = graph.node('Cast', [current], `${layer.name}.float`, { to: elementTypes.float });
        break;
      }
      case 'classifier':
        classify(graph, layer, values, current);
        break;
      default:
        unreachable(layer);
    }
  }

  const { name, precision, classes } = network;
  const [height, width, channels] = network.input;
  const label = precisionLabel(precision);
  return {
    name: `${name} ${label}`,
    description: `${name} at ${label}: logits of ${classes} classes. Weights are ${precision.kind === 'fp32' ? 'float' : 'ternary but for the first and the last layer'}.`,
    nodes: graph.nodes,
    constants: graph.constants,
    inputs: [
      {
        ...{ name: 'images', type: 'float', shape: ['N', channels, height, width] },
        description: 'Images as the network was trained on them: scaled pixels, or crops that are standardised.',
      },
    ],
    outputs: [{ name: 'logits', type: 'double', shape: ['N', classes], description: 'The largest is the prediction.' }],
    metadata: { network: encodeNetwork(network) },
  };
}

/** Sums of products of doubles. */
function classify(graph: Graph, layer: ClassifierLayer, values: Values, activations: string): void {
  const { name, input, output } = layer;
  const [inputs, classes] = [elements(input), elements(output)];
  const pixels = graph.node('Transpose', [activations], `${name}.pixels`, { perm: nchwToNhwc });
  const flat = graph.node('Reshape', [pixels, graph.integers(`${name}.shape`, [-1, inputs])], `${name}.inputs`);
  const weight = graph.constant(parameterName(layer, 'weight'), [inputs, classes], Float64Array.from(values('weight')));
  graph.node('MatMul', [flat, weight], 'logits');
}

/** Nodes and constants, each under a name of its own. */
class Graph {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxTensor[] = [];

  node(operator: string, inputs: readonly string[], output: string, attributes: OnnxNode['attributes'] = {}): string {
    this.nodes.push({ operator, inputs, output, attributes });
    return output;
  }

  constant(name: string, shape: readonly number[], data: OnnxTensor['data']): string {
    this.constants.push({ name, shape, data });
    return name;
  }

  integers(name: string, values: readonly number[]): string {
    return this.constant(name, [values.length], BigInt64Array.from(values, BigInt));
  }

  /** One double for all calculations with it. */
  double(value: number): string {
    const name = `double.${value}`;
    if (!this.constants.some((constant) => constant.name === name)) this.constant(name, [], Float64Array.of(value));
    return name;
  }
}

/** Values of a layer's tensors. */
type Values = (role: ParameterRole) => Float32Array;

function geometry({ kernel, stride, padding }: ConvolutionLayer): OnnxNode['attributes'] {
  const [vertical, horizontal] = padding;
  return { kernel_shape: kernel, strides: [stride, stride], pads: [vertical, horizontal, vertical, horizontal] };
}

/** Layer 1: sums of products of doubles, [N, Co, H, W]. */
function encode(graph: Graph, layer: ConvolutionLayer, values: Values, images: string): string {
  const { name, kernel, input, output } = layer;
  const taps = elements(kernel) * input[2];
  // Window [kernel row][kernel column][channel], as HWIO has it: tap t reads the one pixel where its kernel is 1.
  const picks = permute({ shape: [...kernel, input[2], taps], data: identity(taps) }, toOihw);
  const kernels = graph.constant(`${name}.picks`, picks.shape, picks.data);
  const windows = graph.node('Conv', [images, kernels], `${name}.windows`, geometry(layer));
  const pixels = graph.node('Transpose', [windows], `${name}.pixels`, { perm: nchwToNhwc });
  const doubles = graph.node('Cast', [pixels], `${name}.doubles`, { to: elementTypes.double });
  const weight = graph.constant(parameterName(layer, 'weight'), [taps, output[2]], Float64Array.from(values('weight')));
  const products = graph.node('MatMul', [doubles, weight], `${name}.products`);
  return graph.node('Transpose', [products], `${name}.sums`, { perm: nhwcToNchw });
}

function identity(size: number): Float32Array {
  const values = new Float32Array(size * size);
  for (let i = 0; i < size; i++) values[i * size + i] = 1;
  return values;
}

/** The other layers: sums in single precision, then doubles, [N, Co, H, W]. */
function convolve(graph: Graph, layer: ConvolutionLayer, values: Values, inputs: string): string {
  const { shape, data } = permute({ shape: weightShape(layer), data: values('weight') }, toOihw);
  const weight = graph.constant(parameterName(layer, 'weight'), shape, data);
  const sums = graph.node('Conv', [inputs, weight], `${layer.name}.convolution`, geometry(layer));
  return graph.node('Cast', [sums], `${layer.name}.sums`, { to: elementTypes.double });
}

/** BN(z) = γ·(z − mean)/√(variance + ε) + β, in this order: the engine's, see `batchNorm`. */
function normalise(graph: Graph, layer: ConvolutionLayer, values: Values, sums: string): string {
  const { name, output } = layer;
  const channels = (of: string, data: Float64Array) => graph.constant(`${name}.${of}`, [output[2], 1, 1], data);
  const deviation = Float64Array.from(values('variance'), (variance) => Math.sqrt(variance + method.batchNormEpsilon));
  const doubles = (of: ParameterRole) => channels(of, Float64Array.from(values(of)));
  const centred = graph.node('Sub', [sums, doubles('mean')], `${name}.centred`);
  const scaled = graph.node('Mul', [doubles('gamma'), centred], `${name}.scaled`);
  const divided = graph.node('Div', [scaled, channels('deviation', deviation)], `${name}.divided`);
  return graph.node('Add', [divided, doubles('beta')], `${name}.normalised`);
}

/** min(relu(y), B), then ⌊n·y + ½⌋/n; at fp32 only relu(y). */
function quantise(graph: Graph, { precision }: Network, { name }: ConvolutionLayer, normalised: string): string {
  const positive = graph.node('Relu', [normalised], `${name}.positive`);
  if (precision.kind === 'fp32') return positive;
  const n = graph.double(spikesPerUnit(precision.k));
  const bounded = graph.node('Min', [positive, graph.double(precision.B)], `${name}.bounded`);
  const levels = graph.node('Mul', [bounded, n], `${name}.scaledUp`);
  const half = graph.node('Add', [levels, graph.double(0.5)], `${name}.half`);
  const whole = graph.node('Floor', [half], `${name}.levels`);
  return graph.node('Div', [whole, n], `${name}.activations`);
}
