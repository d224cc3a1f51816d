import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { UserError } from '../error.js';
import { decodeSafetensors, encodeSafetensors, type Tensor, type TensorData } from '../formats/safetensors.js';
import { elements } from '../formats/shape.js';
import {
  chainProblem,
  describeGeometry,
  describePreprocessing,
  GeometrySchema,
  parseJson,
  preprocessingProperties,
} from '../network/describe.js';
import { classifierLayer } from '../network/layers.js';
import { parameterName, weightShape } from '../network/parameters.js';
import { levels as levelsOf, precisionProblem } from '../network/precision.js';
import { unreachable } from '../unreachable.js';
import { type SpikingNetwork, type SpikingNetworkLayer, spikeSources } from './network.js';

const format = 'spikeline-spiking-network/1';

const Size = Type.Integer({ minimum: 1 });
const HeaderSchema = Type.Object({
  name: Type.String(),
  input: Type.Tuple([Size, Size, Size]),
  ...preprocessingProperties,
  classes: Size,
  k: Type.Integer(),
  B: Type.Integer(),
  layers: Type.Array(GeometrySchema, { minItems: 1 }),
});

/**
 * A spiking network as a safetensors file: `<layer>.weight` (HWIO), `<layer>.thresholds` [channels, levels],
 * `dense.weight` [inputs, classes]; F32 and F64 in the encoding layer, I8 and I32 in the others.
 */
export function encodeSpikingNetwork(network: SpikingNetwork): Uint8Array {
  const { name, input, classes, k, B, levels } = network;
  const tensors = new Map(network.layers.flatMap((layer) => tensorsOf(layer, levels)));
  const how = describePreprocessing(network);
  const header = { name, input, ...how, classes, k, B, layers: spikeSources(network).map(describeGeometry) };
  return encodeSafetensors({ tensors, metadata: { format, network: JSON.stringify(header) } });
}

const thresholdsName = ({ name }: { readonly name: string }) => `${name}.thresholds`;

function tensorsOf(layer: SpikingNetworkLayer, levels: number): [name: string, tensor: Tensor][] {
  switch (layer.kind) {
    case 'encoding':
    case 'spiking':
      return [
        [parameterName(layer, 'weight'), { shape: weightShape(layer), data: layer.weights }],
        [thresholdsName(layer), { shape: [layer.output[2], levels], data: layer.thresholds }],
      ];
    case 'readout':
      return [
        [
          parameterName(layer, 'weight'),
          { shape: [elements(layer.input), elements(layer.output)], data: layer.weights },
        ],
      ];
    default:
      return unreachable(layer);
  }
}

/**
 * Reads a spiking network and checks that its tensors fit each other.
 * @param label how messages call the file
 * @throws {UserError} E_SPIKING_NETWORK, or E_SAFETENSORS for a damaged file
 */
export function decodeSpikingNetwork(bytes: Uint8Array, label: string): SpikingNetwork {
  const fail = (problem: string): never => {
    throw new UserError('E_SPIKING_NETWORK', `${label} is not a spiking network that can be used: ${problem}.`);
  };
  const { tensors, metadata } = decodeSafetensors(bytes, label);
  if (metadata.format !== format)
    fail(`its metadata name the format ${JSON.stringify(metadata.format ?? null)} instead of "${format}"`);
  const header = parseJson(metadata.network);
  if (!Value.Check(HeaderSchema, header)) return fail('the description of its network is wrong');
  const problem = precisionProblem({ kind: 'quantised', ...header }) ?? chainProblem(header.layers, header.input);
  if (problem !== undefined) return fail(problem);
  const levels = levelsOf(header);

  const rest = new Set(tensors.keys());
  const take = <T extends TensorData>(name: string, type: new (length: number) => T, shape: readonly number[]): T => {
    const tensor = tensors.get(name);
    if (tensor === undefined) return fail(`the tensor "${name}" is missing`);
    if (!(tensor.data instanceof type)) return fail(`the tensor "${name}" has the wrong type`);
    if (tensor.shape.join() !== shape.join())
      return fail(`the tensor "${name}" has the shape [${tensor.shape.join(', ')}] instead of [${shape.join(', ')}]`);
    rest.delete(name);
    return tensor.data;
  };
  const [first, ...others] = header.layers;
  const encoding = {
    ...first!,
    kind: 'encoding' as const,
    weights: take(parameterName(first!, 'weight'), Float32Array, weightShape(first!)),
    thresholds: take(thresholdsName(first!), Float64Array, [first!.output[2], levels]),
  };
  const spiking = others.map((layer) => ({
    ...layer,
    kind: 'spiking' as const,
    weights: take(parameterName(layer, 'weight'), Int8Array, weightShape(layer)),
    thresholds: take(thresholdsName(layer), Int32Array, [layer.output[2], levels]),
  }));
  const { name, input, classes, k, B } = header;
  const { name: last, input: map, output } = classifierLayer(header.layers.at(-1)!.output, classes);
  const dense = take(parameterName({ name: last }, 'weight'), Float32Array, [elements(map), classes]);
  const readout = { kind: 'readout' as const, name: last, input: map, output, weights: dense };
  for (const tensor of rest) fail(`its network has no tensor "${tensor}"`);
  for (const layer of [encoding, ...spiking]) checkThresholds(layer.name, layer.thresholds, levels, fail);
  for (const layer of spiking)
    if (layer.weights.some((weight) => weight < -1 || weight > 1))
      fail(`the weights of the layer "${layer.name}" are not all −1, 0 or +1`);
  return {
    name,
    input,
    ...describePreprocessing(header),
    classes,
    k,
    B,
    levels,
    layers: [encoding, ...spiking, readout],
  };
}

/** Simulators stop at the first threshold that is not reached: they must not decrease. */
function checkThresholds(
  name: string,
  thresholds: Float64Array | Int32Array,
  levels: number,
  fail: (problem: string) => never,
): void {
  for (let i = 0; i < thresholds.length; i++)
    // Written so that NaN fails as well.
    if (!(i % levels === 0 ? thresholds[i]! >= Number.NEGATIVE_INFINITY : thresholds[i]! >= thresholds[i - 1]!))
      fail(`the thresholds of the layer "${name}" are not in order`);
}
