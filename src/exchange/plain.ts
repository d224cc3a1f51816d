import { decodeNpy } from '../formats/npy.js';
import { writeArrays } from '../formats/npz.js';
import type { Network } from '../network/architecture.js';
import type { ParameterShape } from '../network/parameters.js';
import { unreachable } from '../unreachable.js';
import { arrayName, type ExportedTensor, firstNames, foreignNames, readParameters } from './arrays.js';
import type { Fail } from './failure.js';
import { toTorch } from './torch.js';

/**
 * A tensor's name in plain files: `conv1_w`, `bn1_beta`, `bn1_gamma`, `bn1_mean`, `bn1_var`, `conv2_w`, …, `fc_w`.
 * Convolutions are HWIO, the dense layer [inputs, classes] with its inputs in HWC order.
 */
function plainName(network: Network, { layer, role }: Pick<ParameterShape, 'layer' | 'role'>): string {
  const { weights, norm } = foreignNames(network, layer);
  return role === 'weight' ? `${weights}_w` : `${norm}_${role === 'variance' ? 'var' : role}`;
}

/**
 * Reads an .npz with one array a name: those of {@link plainName}, or ours, such as `conv1.gamma`.
 * @param files the archive's, by name
 */
export function readPlain(
  files: ReadonlyMap<string, Uint8Array>,
  network: Network,
  label: string,
  fail: Fail,
): Map<string, Float32Array> {
  const arrays = new Map([...files].map(([name, bytes]) => [arrayName(name), bytes]));
  const rest = new Set(arrays.keys());
  const parameters = readParameters(
    network,
    (parameter) => {
      const names = [plainName(network, parameter), parameter.name];
      const name = names.find((candidate) => rest.has(candidate));
      if (name === undefined)
        return fail(
          'E_IMPORT_NAME',
          `it has no array "${names[0]}", nor "${names[1]}"`,
          `It holds ${firstNames([...arrays.keys()])}.`,
        );
      rest.delete(name);
      const array = decodeNpy(arrays.get(name)!, `The array "${name}" of ${label}`);
      refuseTorchOrder(parameter, array.shape, name, fail);
      return { what: `its array "${name}"`, ...array };
    },
    fail,
  );
  for (const name of rest) fail('E_IMPORT_NAME', `its array "${name}" belongs to no layer of that network`);
  return parameters;
}

/** Refuses weights whose axes are in PyTorch's order, which their shape tells where the orders differ. */
function refuseTorchOrder(parameter: ParameterShape, found: readonly number[], name: string, fail: Fail): void {
  if (parameter.role !== 'weight' || found.join() === parameter.shape.join()) return;
  const { shape, axes, hint } = inTorch(parameter);
  if (found.join() !== shape.join()) return;
  const problem = `its array "${name}" has the shape [${found.join(', ')}], which is PyTorch's order, ${axes}`;
  fail('E_IMPORT_SHAPE', problem, hint);
}

/** What a layer's weights are in PyTorch, and how they are saved as they have to be. */
function inTorch({ shape, layer }: ParameterShape): {
  readonly shape: readonly number[];
  readonly axes: string;
  readonly hint: string;
} {
  switch (layer.kind) {
    case 'convolution':
      return {
        shape: toTorch.map((axis) => shape[axis]!),
        axes: '[out, in, height, width]',
        hint: 'Save w.transpose(2, 3, 1, 0) in its place, of all convolutions.',
      };
    case 'classifier': {
      const [height, width, channels] = layer.input;
      const order = `w.reshape(-1, ${channels}, ${height}, ${width}).transpose(2, 3, 1, 0).reshape(${shape[0]}, -1)`;
      return { shape: shape.toReversed(), axes: '[classes, inputs]', hint: `Save ${order} instead.` };
    }
    default:
      return unreachable(layer);
  }
}

/** Tensors as an .npz with one array a name, as {@link plainName} has them. */
export function writePlain(network: Network, tensors: readonly ExportedTensor[]): Promise<Uint8Array> {
  return writeArrays(Object.fromEntries(tensors.map((tensor) => [plainName(network, tensor), tensor])));
}
