import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';

/** Arrays of an .npz file by name, as the few element types need that the reference files have. */
export function readNpz(path: string): Map<string, Float32Array | Float64Array | Int32Array | Uint8Array> {
  const entries = Object.entries(unzipSync(readFileSync(path)));
  return new Map(entries.map(([name, bytes]) => [name.replace(/\.npy$/, ''), parseNpy(bytes)]));
}

export function parseNpy(bytes: Uint8Array): Float32Array | Float64Array | Int32Array | Uint8Array {
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(10, 10 + headerLength));
  const data = new Uint8Array(bytes).slice(10 + headerLength).buffer;
  if (header.includes("'fortran_order': True")) throw new Error('column-major array');
  const dtype = /'descr': '([^']+)'/.exec(header)?.[1];
  switch (dtype) {
    case '<f4':
      return new Float32Array(data);
    case '<f8':
      return new Float64Array(data);
    case '<i4':
      return new Int32Array(data);
    case '|u1':
      return new Uint8Array(data);
    default:
      throw new Error(`array of type ${dtype}`);
  }
}
