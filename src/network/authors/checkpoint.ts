import { unzipSync } from 'fflate';
import { StageError } from '../../stage/definition.js';
import type { Network } from '../architecture.js';
import type { Checkpoint } from '../checkpoint.js';
import { elements, type ParameterRole, parameterShapes } from '../parameters.js';
import { PickledArray, readPickle } from './pickle.js';

/** The order of a block's tensors in the authors' files. */
const roles: readonly ParameterRole[] = ['weight', 'beta', 'gamma', 'mean', 'variance'];

/**
 * Reads a checkpoint of the paper's authors: an .npz with one array of objects, `params`, that holds float32 arrays in
 * the order [W, β, γ, mean, variance] for each block and then the dense W. Ternary layers may hold latent weights or
 * ternary ones, which are their own ternary form.
 * @param network what the file is a checkpoint of; it does not say so itself
 * @param label how messages call the file
 * @throws {StageError} E_IMPORT
 */
export function decodeAuthorsCheckpoint(bytes: Uint8Array, network: Network, label: string): Checkpoint {
  const fail = (problem: string): never => {
    throw new StageError('E_IMPORT', `${label} can't be imported as a ${network.name}: ${problem}.`);
  };
  let arrays: PickledArray[];
  try {
    arrays = pickledArrays(bytes);
  } catch (error) {
    return fail((error as Error).message);
  }
  const names = [...network.layers.flatMap(({ name }) => roles.map((role) => `${name}.${role}`)), 'dense.weight'];
  if (arrays.length !== names.length) return fail(`it holds ${arrays.length} arrays and not ${names.length}`);

  const shapes = new Map(parameterShapes(network).map(({ name, shape }) => [name, shape]));
  const parameters = new Map<string, Float32Array>();
  for (const [index, name] of names.entries()) {
    const { shape, dtype, data } = arrays[index]!;
    const expected = shapes.get(name)!;
    if (dtype !== '<f4' || !(data instanceof Uint8Array))
      return fail(`its array ${index + 1}, ${name}, is not of little-endian float32`);
    if (shape.join() !== expected.join() || data.length !== 4 * elements(expected))
      return fail(
        `its array ${index + 1}, ${name}, has the shape [${shape.join(', ')}] instead of [${expected.join(', ')}]`,
      );
    parameters.set(name, new Float32Array(data.slice().buffer));
  }
  return { network, parameters, epoch: 0, seed: 0 };
}

/** The arrays of the one list in an .npz file. */
function pickledArrays(bytes: Uint8Array): PickledArray[] {
  const [entry, ...others] = Object.values(unzip(bytes));
  if (entry === undefined || others.length > 0) throw new Error('it is not an .npz file with the one array "params"');
  if (entry.length < 12 || new TextDecoder('latin1').decode(entry.subarray(0, 6)) !== '\x93NUMPY')
    throw new Error('its array "params" is not in NumPy\'s format');
  const version = entry[6]!;
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  const start = version === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
  const header = new TextDecoder('latin1').decode(entry.subarray(0, start));
  if (!/'descr': *'\|O'/.test(header)) throw new Error('its array "params" does not hold objects');
  const array = readPickle(entry.subarray(start));
  if (!(array instanceof PickledArray) || !Array.isArray(array.data))
    throw new Error('its array "params" does not hold objects');
  return array.data.map((item) => {
    if (item instanceof PickledArray) return item;
    throw new Error('one of its objects is not an array');
  });
}

function unzip(bytes: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, { filter: ({ name }) => name === 'params.npy' });
  } catch {
    throw new Error('it is not an .npz file');
  }
}
