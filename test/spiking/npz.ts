import { readFileSync } from 'node:fs';
import { decodeNpy, type NpyData } from '../../src/formats/npy.js';
import { unzip } from '../../src/formats/zip.js';

/** Arrays of an .npz file by name. */
export async function readNpz(path: string): Promise<Map<string, NpyData>> {
  const files = await unzip(readFileSync(path), 2 ** 30);
  return new Map([...files].map(([name, bytes]) => [name.replace(/\.npy$/, ''), parseNpy(bytes)]));
}

export function parseNpy(bytes: Uint8Array): NpyData {
  return decodeNpy(bytes, 'array').data;
}
