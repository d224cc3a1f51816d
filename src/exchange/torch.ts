import { decodeSafetensors, encodeSafetensors, type Tensor } from '../formats/safetensors.js';
import { elements, permute } from '../formats/shape.js';
import type { Network } from '../network/architecture.js';
import type { ParameterShape } from '../network/parameters.js';
import { unreachable } from '../unreachable.js';
import { checkShape, type ExportedTensor, type FoundArray, foreignNames, listed, readParameters } from './arrays.js';
import type { Fail } from './failure.js';

const batchNorm = { gamma: 'weight', beta: 'bias', mean: 'running_mean', variance: 'running_var' } as const;

/**
 * A tensor's name in a PyTorch module whose layers are `conv1`, `bn1`, `conv2`, `bn2`, …, `fc`: `conv1.weight`,
 * `bn1.weight` (γ), `bn1.bias` (β), `bn1.running_mean`, `bn1.running_var`, …, `fc.weight`.
 */
export function torchName(network: Network, { layer, role }: Pick<ParameterShape, 'layer' | 'role'>): string {
  const { weights, norm } = foreignNames(network, layer);
  return role === 'weight' ? `${weights}.weight` : `${norm}.${batchNorm[role]}`;
}

/** From HWIO to PyTorch's OIHW, and back. */
const [toTorch, toOurs] = [
  [3, 2, 0, 1],
  [2, 3, 1, 0],
];

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
 * are OIHW, `fc.weight` is [classes, C·H·W]. Counts of batches seen are left aside.
 */
export function readTorch(bytes: Uint8Array, network: Network, label: string, fail: Fail): Map<string, Float32Array> {
  const { tensors, metadata } = decodeSafetensors(bytes, label);
  if (metadata.format?.startsWith('spikeline-'))
    fail(
      'E_IMPORT_FORMAT',
      'it is a file of ours already',
      'Give it to the stage that needs it: inputs: { checkpoint: { file: … } }.',
    );
  const rest = new Set([...tensors.keys()].filter((name) => !name.endsWith('.num_batches_tracked')));
  const parameters = readParameters(
    network,
    (parameter) => {
      const name = torchName(network, parameter);
      const tensor = tensors.get(name);
      if (tensor === undefined)
        return fail('E_IMPORT_NAME', `it has no tensor "${name}"`, `It holds ${listed([...rest])}.`);
      rest.delete(name);
      return fromTorch(parameter, tensor, `its tensor "${name}"`, fail);
    },
    fail,
  );
  for (const name of rest) {
    const why = name.endsWith('.bias') ? ': only batch norm has a bias there' : '';
    fail('E_IMPORT_NAME', `its tensor "${name}" belongs to no layer of that network${why}`);
  }
  return parameters;
}

function fromTorch(parameter: ParameterShape, { shape, data }: Tensor, what: string, fail: Fail): FoundArray {
  const layout = weightLayout(parameter);
  if (layout === undefined) return { what, shape, data };
  checkShape(what, shape, layout.shape, fail);
  return { what, shape: parameter.shape, data: permute({ shape: layout.oihw, data }, toOurs).data };
}

/** Tensors as a safetensors file that PyTorch's `load_state_dict` takes: see {@link torchName}. */
export function writeTorch(network: Network, exported: readonly ExportedTensor[]): Uint8Array {
  const tensors = exported.map((tensor): [string, Tensor] => {
    const name = torchName(network, tensor);
    const layout = weightLayout(tensor);
    if (layout === undefined) return [name, tensor];
    const { data } = permute({ shape: layout.hwio, data: tensor.data }, toTorch);
    return [name, { shape: layout.shape, data }];
  });
  // What the Python library expects of files made for PyTorch.
  return encodeSafetensors({ tensors: new Map(tensors), metadata: { format: 'pt' } });
}
