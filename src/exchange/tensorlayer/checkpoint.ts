import { inRowOrder, type NpyArray, npyHeader, splitNpy } from '../../formats/npy.js';
import { PickledArray } from '../../formats/pickle/pickled.js';
import { readPickle } from '../../formats/pickle/read-pickle.js';
import { writePickle } from '../../formats/pickle/write-pickle.js';
import { ImportProblem } from '../../formats/problem.js';
import { elements } from '../../formats/shape.js';
import { zip } from '../../formats/zip.js';
import type { Network } from '../../network/architecture.js';
import { layerParameters, type ParameterRole } from '../../network/parameters.js';
import { type ExportedTensor, type FoundArray, readParameters } from '../arrays.js';
import type { Fail } from '../failure.js';

/** The order of a block's tensors in files of TensorLayer, which the paper's authors use. */
const roles: readonly ParameterRole[] = ['weight', 'beta', 'gamma', 'mean', 'variance'];

/** Names of a network's tensors in the order of such a file: [W, β, γ, mean, variance] for each block, then dense W. */
function tensorLayerOrder(network: Network): readonly string[] {
  return network.layers.flatMap((layer) =>
    layerParameters(layer)
      .toSorted((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role))
      .map(({ name }) => name),
  );
}

/**
 * Reads a checkpoint of the paper's authors: an .npz with one array of objects, `params`, that holds the tensors in
 * {@link tensorLayerOrder}. Ternary layers may hold latent weights or ternary ones, which are their own ternary form.
 * @param file `params.npy` of the archive
 */
export function readTensorLayer(file: Uint8Array, network: Network, fail: Fail): Map<string, Float32Array> {
  const arrays = pickledArrays(file, fail);
  const names = tensorLayerOrder(network);
  if (arrays.length !== names.length)
    fail(
      'E_IMPORT_NAME',
      `it holds ${arrays.length} arrays instead of ${names.length}`,
      'It must hold weights, β, γ, mean and variance of each block, and then the weights of the dense layer.',
    );
  return readParameters(
    network,
    ({ name }) => {
      const index = names.indexOf(name);
      return foundArray(arrays[index]!, `its array ${index + 1}, ${name},`, fail);
    },
    fail,
  );
}

const kinds: Readonly<Record<string, (buffer: ArrayBuffer) => NpyArray['data']>> = {
  '<f4': (buffer) => new Float32Array(buffer),
  '<f8': (buffer) => new Float64Array(buffer),
  '|i1': (buffer) => new Int8Array(buffer),
  '<i4': (buffer) => new Int32Array(buffer),
};

function foundArray({ shape, dtype, columnMajor, data }: PickledArray, what: string, fail: Fail): FoundArray {
  const kind = kinds[dtype];
  if (kind === undefined || !(data instanceof Uint8Array))
    return fail('E_IMPORT_TYPE', `${what} is of the type ${dtype}; supported: ${Object.keys(kinds).join(', ')}`);
  const size = Number(dtype.slice(2)) * elements(shape);
  if (data.length !== size)
    return fail(
      'E_IMPORT_UNSAFE',
      `${what} has ${data.length} bytes, but its shape [${shape.join(', ')}] needs ${size}`,
    );
  return { what, ...inRowOrder({ shape, data: kind(new Uint8Array(data).buffer) }, columnMajor) };
}

/** The arrays of the one list in the file. */
function pickledArrays(file: Uint8Array, fail: Fail): readonly PickledArray[] {
  const wrong = (problem: string) => fail('E_IMPORT_FORMAT', `its array "params" can't be read: ${problem}`);
  const { descr, start } = splitNpy(file, wrong);
  if (descr !== '|O') fail('E_IMPORT_FORMAT', 'its array "params" does not hold objects');
  try {
    const array = readPickle(file.subarray(start));
    if (array instanceof PickledArray && Array.isArray(array.data))
      return array.data.map((item) => {
        if (item instanceof PickledArray) return item;
        return fail('E_IMPORT_FORMAT', 'one of the objects in its array "params" is not an array');
      });
  } catch (error) {
    if (error instanceof ImportProblem) fail(error.code, error.message);
    throw error;
  }
  return fail('E_IMPORT_FORMAT', 'its array "params" does not hold objects');
}

/** Tensors as an .npz that the authors' scripts load: `params`, an array of arrays in {@link tensorLayerOrder}. */
export function writeTensorLayer(network: Network, tensors: readonly ExportedTensor[]): Promise<Uint8Array> {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const arrays = tensorLayerOrder(network).map((name) => byName.get(name)!);
  const file = Buffer.concat([npyHeader('|O', [arrays.length]), writePickle(arrays)]);
  return zip(new Map([['params.npy', file]]));
}
