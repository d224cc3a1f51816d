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
  PreprocessingSchema,
  parseJson,
} from '../network/describe.js';
import { weightShape } from '../network/parameters.js';
import { levels as levelsOf, precisionProblem } from '../network/precision.js';
import type { SpikingNetwork } from './network.js';

const format = 'spikeline-spiking-network/1';

const Size = Type.Integer({ minimum: 1 });
const HeaderSchema = Type.Object({
  name: Type.String(),
  input: Type.Tuple([Size, Size, Size]),
  preprocessing: Type.Optional(PreprocessingSchema),
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
  const { name, input, classes, k, B, levels, encoding, layers, dense } = network;
  const tensors = new Map<string, Tensor>();
  for (const layer of [encoding, ...layers]) {
    tensors.set(`${layer.name}.weight`, { shape: weightShape(layer), data: layer.weights });
    tensors.set(`${layer.name}.thresholds`, { shape: [layer.output[2], levels], data: layer.thresholds });
  }
  tensors.set('dense.weight', { shape: [dense.length / classes, classes], data: dense });
  const how = describePreprocessing(network);
  const header = { name, input, ...how, classes, k, B, layers: [encoding, ...layers].map(describeGeometry) };
  return encodeSafetensors({ tensors, metadata: { format, network: JSON.stringify(header) } });
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
    fail(`its metadata name the format ${JSON.stringify(metadata.format ?? null)}, and not "${format}"`);
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
    weights: take(`${first!.name}.weight`, Float32Array, weightShape(first!)),
    thresholds: take(`${first!.name}.thresholds`, Float64Array, [first!.output[2], levels]),
  };
  const layers = others.map((layer) => ({
    ...layer,
    kind: 'spiking' as const,
    weights: take(`${layer.name}.weight`, Int8Array, weightShape(layer)),
    thresholds: take(`${layer.name}.thresholds`, Int32Array, [layer.output[2], levels]),
  }));
  const { name, input, classes, k, B } = header;
  const dense = take('dense.weight', Float32Array, [elements(header.layers.at(-1)!.output), classes]);
  for (const tensor of rest) fail(`its network has no tensor "${tensor}"`);
  for (const layer of [encoding, ...layers]) checkThresholds(layer.name, layer.thresholds, levels, fail);
  for (const layer of layers)
    if (layer.weights.some((weight) => weight < -1 || weight > 1))
      fail(`the weights of the layer "${layer.name}" are not all −1, 0 or +1`);
  return { name, input, ...describePreprocessing(header), classes, k, B, levels, encoding, layers, dense };
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
