import { decodeSafetensors, encodeSafetensors, type Tensor } from '../formats/safetensors.js';
import { elements, permute } from '../formats/shape.js';
import type { Network } from '../network/architecture.js';
import type { ParameterShape } from '../network/parameters.js';
import { unreachable } from '../unreachable.js';
import {
  checkShape,
  type ExportedTensor,
  type FoundArray,
  firstNames,
  foreignNames,
  readParameters,
} from './arrays.js';
import type { Fail } from './failure.js';

const batchNorm = { gamma: 'weight', beta: 'bias', mean: 'running_mean', variance: 'running_var' } as const;

/**
 * A tensor's name in a PyTorch module whose layers are `conv1`, `bn1`, `conv2`, `bn2`, …, `fc`: `conv1.weight`,
 * `bn1.weight` (γ), `bn1.bias` (β), `bn1.running_mean`, `bn1.running_var`, …, `fc.weight`.
 */
function torchName(network: Network, { layer, role }: Pick<ParameterShape, 'layer' | 'role'>): string {
  const { weights, norm } = foreignNames(network, layer);
  return role === 'weight' ? `${weights}.weight` : `${norm}.${batchNorm[role]}`;
}

/** From HWIO to PyTorch's OIHW, and back. */
export const toTorch: readonly number[] = [3, 2, 0, 1];
const toOurs = [2, 3, 1, 0];

/** How weights lie in memory here, and in files of PyTorch. */
interface WeightLayout {
  readonly hwio: readonly number[];
  readonly oihw: readonly number[];
  /** The shape that the file says: OIHW, or of fewer dimensions that hold the same. */
  readonly shape: readonly number[];
}

/**
 * Undefined for batch norm. The dense layer is a convolution, too, whose kernel is as large as its input: that brings its
 * inputs into PyTorch's order, CHW.
 */
function weightLayout({ layer, role, shape }: ParameterShape): WeightLayout | undefined {
  if (role !== 'weight') return undefined;
  const turned = (hwio: readonly number[]) => ({ hwio, oihw: toTorch.map((axis) => hwio[axis]!) });
  switch (layer.kind) {
    case 'convolution': {
      const layout = turned(shape);
      return { ...layout, shape: layout.oihw };
    }
    case 'classifier': {
      const [outputs] = layer.output.slice(-1);
      return { ...turned([...layer.input, outputs!]), shape: [outputs!, elements(layer.input)] };
    }
    default:
      return unreachable(layer);
  }
}

/**
 * Reads a safetensors file that PyTorch's `state_dict()` was saved to, as {@link torchName} has its names: convolutions
 * are OIHW, `fc.weight` is [classes, C·H·W]. Counts of batches seen are left aside, and so are biases that are all zero,
 * and what wrappers put before all names.
 */
export function readTorch(bytes: Uint8Array, network: Network, label: string, fail: Fail): Map<string, Float32Array> {
  const { tensors: named, metadata } = decodeSafetensors(bytes, label);
  const tensors = withoutWrappers(named);
  if (metadata.format?.startsWith('spikeline-'))
    fail(
      'E_IMPORT_FORMAT',
      'it is a checkpoint of Spikeline already',
      'Give it to the stage that needs it: inputs: { checkpoint: { file: … } }.',
    );
  const biases = new Map(blocksAndClassifier(network).map(({ weights, norm }) => [`${weights}.bias`, norm]));
  const isZero = (name: string) =>
    biases.has(name) && [...tensors.get(name)!.data].every((value) => Number(value) === 0);
  const rest = new Set([...tensors.keys()].filter((name) => !name.endsWith('.num_batches_tracked') && !isZero(name)));
  const parameters = readParameters(
    network,
    (parameter) => {
      const name = torchName(network, parameter);
      const tensor = tensors.get(name);
      if (tensor === undefined)
        return fail('E_IMPORT_NAME', `it has no tensor "${name}"`, `It holds ${firstNames([...rest])}.`);
      rest.delete(name);
      return fromTorch(parameter, tensor, `its tensor "${name}"`, fail);
    },
    fail,
  );
  for (const name of rest) {
    if (!biases.has(name)) return fail('E_IMPORT_NAME', `its tensor "${name}" belongs to no layer of that network`);
    const norm = biases.get(name);
    const hint =
      norm === undefined
        ? 'The last layer has no bias: train it with bias=False.'
        : `Batch norm follows and can take it over: ${norm}.running_mean -= ${name}, and then set ${name} to zero.`;
    fail('E_IMPORT_NAME', `its tensor "${name}" is not zero, but only batch norm has a bias there`, hint);
  }
  return parameters;
}

/** What DistributedDataParallel, and torch.compile, put before the name of every tensor. */
const wrappers = ['module.', '_orig_mod.'];

function withoutWrappers(tensors: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  const wrapper = wrappers.find(
    (prefix) => tensors.size > 0 && [...tensors.keys()].every((name) => name.startsWith(prefix)),
  );
  if (wrapper === undefined) return tensors;
  // One may be in the other.
  return withoutWrappers(new Map([...tensors].map(([name, tensor]) => [name.slice(wrapper.length), tensor])));
}

const blocksAndClassifier = (network: Network) => network.layers.map((layer) => foreignNames(network, layer));

function fromTorch(parameter: ParameterShape, { shape, data }: Tensor, what: string, fail: Fail): FoundArray {
  const layout = weightLayout(parameter);
  if (layout === undefined) return { what, shape, data };
  checkShape(what, shape, layout.shape, fail);
  return { what, shape: parameter.shape, data: permute({ shape: layout.oihw, data }, toOurs).data };
}

/** Tensors as a safetensors file that PyTorch's `load_state_dict` takes: see {@link torchName}. @param metadata texts beside them */
export function writeTorch(
  network: Network,
  exported: readonly ExportedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const tensors = exported.map((tensor): [string, Tensor] => {
    const name = torchName(network, tensor);
    const layout = weightLayout(tensor);
    if (layout === undefined) return [name, tensor];
    const { data } = permute({ shape: layout.hwio, data: tensor.data }, toTorch);
    return [name, { shape: layout.shape, data }];
  });
  // What the Python library expects of files made for PyTorch.
  return encodeSafetensors({ tensors: new Map(tensors), metadata: { ...metadata, format: 'pt' } });
}
