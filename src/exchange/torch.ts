import { decodeSafetensors, encodeSafetensors, type Tensor } from '../formats/safetensors.js';
import { elements, permute } from '../formats/shape.js';
import type { Network } from '../network/architecture.js';
import type { ParameterShape } from '../network/parameters.js';
import { unreachable } from '../unreachable.js';
import { blockNumber, checkShape, type ExportedTensor, type FoundArray, listed, readParameters } from './arrays.js';
import type { Fail } from './failure.js';

const batchNorm = { gamma: 'weight', beta: 'bias', mean: 'running_mean', variance: 'running_var' } as const;

/**
 * A tensor's name in a PyTorch module whose layers are `conv1`, `bn1`, `conv2`, `bn2`, …, `fc`: `conv1.weight`,
 * `bn1.weight` (γ), `bn1.bias` (β), `bn1.running_mean`, `bn1.running_var`, …, `fc.weight`.
 */
export function torchName(network: Network, parameter: Pick<ParameterShape, 'name' | 'role'>): string {
  const block = blockNumber(network, parameter);
  if (block === undefined) return 'fc.weight';
  return parameter.role === 'weight' ? `conv${block}.weight` : `bn${block}.${batchNorm[parameter.role]}`;
}

/** From HWIO to PyTorch's OIHW, and back. */
const [toTorch, toOurs] = [
  [3, 2, 0, 1],
  [2, 3, 1, 0],
];

/**
 * Height, width, inputs, outputs of weights; undefined for batch norm. The dense layer is one, too: a convolution whose
 * kernel is as large as its input. That brings its inputs into PyTorch's order, CHW.
 */
function hwio(network: Network, { layer, role, shape }: ParameterShape): readonly number[] | undefined {
  if (role !== 'weight') return undefined;
  switch (layer) {
    case 'block':
      return shape;
    case 'classifier':
      return [...(network.layers.at(-1)?.output ?? network.input), network.classes];
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
      return fromTorch(network, parameter, tensor, `its tensor "${name}"`, fail);
    },
    fail,
  );
  for (const name of rest) {
    const why = name.endsWith('.bias') ? ': only batch norm has a bias there' : '';
    fail('E_IMPORT_NAME', `its tensor "${name}" belongs to no layer of that network${why}`);
  }
  return parameters;
}

function fromTorch(
  network: Network,
  parameter: ParameterShape,
  { shape, data }: Tensor,
  what: string,
  fail: Fail,
): FoundArray {
  const sizes = hwio(network, parameter);
  if (sizes === undefined) return { what, shape, data };
  const oihw = toTorch.map((axis) => sizes[axis]!);
  const [outputs, ...inputs] = oihw;
  checkShape(what, shape, parameter.layer === 'classifier' ? [outputs!, elements(inputs)] : oihw, fail);
  return { what, shape: parameter.shape, data: permute({ shape: oihw, data }, toOurs).data };
}

/** Tensors as a safetensors file that PyTorch's `load_state_dict` takes: see {@link torchName}. */
export function writeTorch(network: Network, exported: readonly ExportedTensor[]): Uint8Array {
  const tensors = exported.map((tensor): [string, Tensor] => {
    const name = torchName(network, tensor);
    const sizes = hwio(network, tensor);
    if (sizes === undefined) return [name, tensor];
    const { shape, data } = permute({ shape: sizes, data: tensor.data }, toTorch);
    return [name, { shape: tensor.layer === 'classifier' ? [shape[0]!, elements(shape.slice(1))] : shape, data }];
  });
  // What the Python library expects of files made for PyTorch.
  return encodeSafetensors({ tensors: new Map(tensors), metadata: { format: 'pt' } });
}
