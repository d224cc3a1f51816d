import { descriptors } from './kernels/descriptors.mjs';

export type DescriptorName = keyof typeof descriptors;
export type DescriptorFields<N extends DescriptorName> = { readonly [F in keyof (typeof descriptors)[N]]: number };

/** The first page stays empty: kernels compare addresses with small constants that no buffer may have. */
const firstAddress = 65536;
const alignment = 64;
/** Bytes nobody writes, behind every buffer. Tests fill them and look whether they are still intact. */
const guard = 64;

/**
 * Lays out the shared memory of one network before it exists: buffers, tables, kernel descriptors. Nothing is
 * allocated later; kernels have no bounds checks, so sizes here are their only promise.
 */
export class MemoryPlan {
  #end = firstAddress;
  readonly #tables: { readonly address: number; readonly data: Uint8Array }[] = [];
  readonly #buffers: { readonly address: number; readonly bytes: number }[] = [];

  alloc(bytes: number): number {
    const address = this.#end;
    this.#buffers.push({ address, bytes });
    this.#end = Math.ceil((address + bytes + guard) / alignment) * alignment;
    if (this.#end > 2 ** 32 - 65536)
      throw new RangeError(`the network needs more than 4 GiB of memory at this batch size`);
    return address;
  }

  /** A buffer with initial content. */
  table(data: Uint8Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array): number {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const address = this.alloc(bytes.length);
    this.#tables.push({ address, data: bytes });
    return address;
  }

  descriptor<N extends DescriptorName>(name: N, values: DescriptorFields<N>): number {
    const layout = Object.entries(descriptors[name]) as [keyof DescriptorFields<N>, 'u32' | 'i32' | 'f32'][];
    const view = new DataView(new ArrayBuffer(layout.length * 4));
    for (const [i, [field, type]] of layout.entries()) {
      const value = values[field];
      if (type === 'f32') view.setFloat32(i * 4, value, true);
      else if (type === 'u32') view.setUint32(i * 4, value, true);
      else view.setInt32(i * 4, value, true);
    }
    return this.table(new Uint8Array(view.buffer));
  }

  /** Creates the memory, zero-filled but for tables and descriptors. */
  create(): WebAssembly.Memory {
    const pages = Math.ceil(this.#end / 65536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const bytes = new Uint8Array(memory.buffer);
    for (const { address, data } of this.#tables) bytes.set(data, address);
    return memory;
  }

  /** Address ranges between buffers. */
  guards(): { start: number; end: number }[] {
    return this.#buffers.map(({ address, bytes }) => ({ start: address + bytes, end: address + bytes + guard }));
  }
}

/** Byte offset of a field in its descriptor, for those that change between runs. */
export function fieldOffset<N extends DescriptorName>(name: N, field: keyof DescriptorFields<N>): number {
  return Object.keys(descriptors[name]).indexOf(field as string) * 4;
}
