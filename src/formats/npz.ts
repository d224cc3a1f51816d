import { encodeNpy, type NpyArray } from './npy.js';
import { zip } from './zip.js';

/** Arrays by name as an .npz file, as numpy.savez writes it. */
export function writeArrays(arrays: Readonly<Record<string, NpyArray>>): Promise<Uint8Array> {
  return zip(new Map(Object.entries(arrays).map(([name, array]) => [`${name}.npy`, encodeNpy(array)])));
}
