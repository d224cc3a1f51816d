import { elements, permute } from '../../formats/shape.js';
import type { ClassifierLayer, ConvolutionLayer, Network } from '../../network/architecture.js';
import { encodeNetwork } from '../../network/describe.js';
import { method } from '../../network/method.mjs';
import { type ParameterRole, parameterName, weightShape } from '../../network/parameters.js';
import { precisionLabel, spikesPerUnit } from '../../network/precision.js';
import { unreachable } from '../../unreachable.js';
import { aboutNetwork, type ImagesAbout } from '../about.js';
import { type Exactness, exportedTensors } from '../arrays.js';
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
 *
 * With `float32` all is in single precision, for runtimes that have no other: a neuron whose sum lies within rounding of a
 * decision may decide otherwise.
 * @param images see {@link aboutNetwork}
 */
export function onnxModel(
  network: Network,
  parameters: ReadonlyMap<string, Float32Array>,
  { exactness = 'exact', images }: { readonly exactness?: Exactness; readonly images?: ImagesAbout } = {},
): OnnxModel {
  const graph = new Graph(exactness === 'exact' ? 'double' : 'float');
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
          current = graph.cast(current, `${layer.name}.float`, 'float');
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
    outputs: [
      { name: 'logits', type: graph.type, shape: ['N', classes], description: 'The largest is the prediction.' },
    ],
    metadata: { network: encodeNetwork(network), ...aboutNetwork(network, images) },
  };
}

/** Sums of products. */
function classify(graph: Graph, layer: ClassifierLayer, values: Values, activations: string): void {
  const { name, input, output } = layer;
  const [inputs, classes] = [elements(input), elements(output)];
  const pixels = graph.node('Transpose', [activations], `${name}.pixels`, { perm: nchwToNhwc });
  const flat = graph.node('Reshape', [pixels, graph.integers(`${name}.shape`, [-1, inputs])], `${name}.inputs`);
  const weight = graph.constant(parameterName(layer, 'weight'), [inputs, classes], graph.values(values('weight')));
  graph.node('MatMul', [flat, weight], 'logits');
}

/** Nodes and constants, each under a name of its own. */
class Graph {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxTensor[] = [];

  constructor(
    /** Of all that is not a sum of whole numbers. */
    readonly type: RealType,
  ) {}

  /** Numbers of the graph's type. */
  values(values: Iterable<number>): Float32Array | Float64Array {
    return this.type === 'double' ? Float64Array.from(values) : Float32Array.from(values);
  }

  /** The same values in a type; as they are, where the graph has no other. */
  cast(values: string, output: string, type: RealType): string {
    return this.type === 'float' ? values : this.node('Cast', [values], output, { to: elementTypes[type] });
  }

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

  /** One number for all calculations with it. */
  number(value: number): string {
    const name = `${this.type}.${value}`;
    if (!this.constants.some((constant) => constant.name === name)) this.constant(name, [], this.values([value]));
    return name;
  }
}

/** Values of a layer's tensors. */
type Values = (role: ParameterRole) => Float32Array;
type RealType = 'float' | 'double';

function geometry({ kernel, stride, padding }: ConvolutionLayer): OnnxNode['attributes'] {
  const [vertical, horizontal] = padding;
  return { kernel_shape: kernel, strides: [stride, stride], pads: [vertical, horizontal, vertical, horizontal] };
}

/** Layer 1: sums of products of doubles, [N, Co, H, W]. */
function encode(graph: Graph, layer: ConvolutionLayer, values: Values, images: string): string {
  if (graph.type === 'float') return convolve(graph, layer, values, images);
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

/** The other layers: sums in single precision, then the graph's numbers, [N, Co, H, W]. */
function convolve(graph: Graph, layer: ConvolutionLayer, values: Values, inputs: string): string {
  const { shape, data } = permute({ shape: weightShape(layer), data: values('weight') }, toOihw);
  const weight = graph.constant(parameterName(layer, 'weight'), shape, data);
  const sums = graph.node('Conv', [inputs, weight], `${layer.name}.convolution`, geometry(layer));
  return graph.cast(sums, `${layer.name}.sums`, 'double');
}

/** BN(z) = γ·(z − mean)/√(variance + ε) + β, in this order: the engine's, see `batchNorm`. */
function normalise(graph: Graph, layer: ConvolutionLayer, values: Values, sums: string): string {
  const { name, output } = layer;
  const channels = (of: string, data: Iterable<number>) =>
    graph.constant(`${name}.${of}`, [output[2], 1, 1], graph.values(data));
  const deviation = Array.from(values('variance'), (variance) => Math.sqrt(variance + method.batchNormEpsilon));
  const numbers = (of: ParameterRole) => channels(of, values(of));
  const centred = graph.node('Sub', [sums, numbers('mean')], `${name}.centred`);
  const scaled = graph.node('Mul', [numbers('gamma'), centred], `${name}.scaled`);
  const divided = graph.node('Div', [scaled, channels('deviation', deviation)], `${name}.divided`);
  return graph.node('Add', [divided, numbers('beta')], `${name}.normalised`);
}

/** min(relu(y), B), then ⌊n·y + ½⌋/n; at fp32 only relu(y). */
function quantise(graph: Graph, { precision }: Network, { name }: ConvolutionLayer, normalised: string): string {
  const positive = graph.node('Relu', [normalised], `${name}.positive`);
  if (precision.kind === 'fp32') return positive;
  const n = graph.number(spikesPerUnit(precision.k));
  const bounded = graph.node('Min', [positive, graph.number(precision.B)], `${name}.bounded`);
  const levels = graph.node('Mul', [bounded, n], `${name}.scaledUp`);
  const half = graph.node('Add', [levels, graph.number(0.5)], `${name}.half`);
  const whole = graph.node('Floor', [half], `${name}.levels`);
  return graph.node('Div', [whole, n], `${name}.activations`);
}
