import { type Descriptor, type DescriptorFields, type DescriptorName, encode, scratchOf } from './descriptor.js';
import { type Address, type Bytes, bytes, type Count } from './units.js';

/** The first page stays empty: kernels compare addresses with small constants that no buffer may have. */
const firstAddress = 65536;
const alignment = 64;
/** Bytes nobody writes, behind every buffer. Tests fill them and look whether they are still intact. */
const guard = 64;

const guardedEnd = (end: number): number => Math.ceil((end + guard) / alignment) * alignment;

/**
 * Lays out the shared memory of one network before it exists: buffers, tables, kernel descriptors. Nothing is
 * allocated later; kernels have no bounds checks, so sizes here are their only promise.
 */
export class MemoryPlan {
  #end = firstAddress;
  readonly #tables: { readonly address: number; readonly data: Uint8Array }[] = [];
  readonly #buffers: { readonly address: number; readonly bytes: number }[] = [];
  readonly #lists: { readonly start: number; readonly end: number }[] = [];

  alloc(size: Bytes): Address {
    const address = this.#end;
    this.#buffers.push({ address, bytes: size });
    this.#end = guardedEnd(address + size);
    if (this.#end > 2 ** 32 - 65536)
      throw new RangeError(`the network needs more than 4 GiB of memory at this batch size`);
    return address as Address;
  }

  /** Room for so many bytes, and for numbers of 16, 32 and 64 bits. */
  bytes(count: Count): Address {
    return this.alloc(bytes(count));
  }

  halves(count: Count): Address {
    return this.alloc(bytes(count * 2));
  }

  floats(count: Count): Address {
    return this.alloc(bytes(count * 4));
  }

  doubles(count: Count): Address {
    return this.alloc(bytes(count * 8));
  }

  /** Room for lists of numbers of 32 bits one behind the other, each of which is written from its beginning on and seldom to its end. */
  lists(count: Count): Address {
    const start = this.floats(count);
    this.#lists.push({ start, end: this.#end });
    return start;
  }

  /** A buffer with initial content. */
  table(data: Uint8Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array): Address {
    const content = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const address = this.bytes(content.length);
    this.#tables.push({ address, data: content });
    return address;
  }

  descriptor<N extends DescriptorName>(name: N, values: DescriptorFields<N>): Descriptor<N> {
    return { name, address: this.table(encode(name, values)), scratch: scratchOf(name, values) };
  }

  /** Creates the memory, zero-filled but for tables and descriptors. */
  create(): WebAssembly.Memory {
    const pages = Math.ceil(this.#end / 65536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const content = new Uint8Array(memory.buffer);
    for (const { address, data } of this.#tables) content.set(data, address);
    return memory;
  }

  /** Address ranges that are all written, or nearly: what is not lists, in pages of the size that WebAssembly's memory has. */
  dense(): { start: number; end: number }[] {
    const ends = [0, ...this.#lists.map(({ end }) => end)];
    const starts = [...this.#lists.map(({ start }) => start), this.#end];
    return ends
      .map((end, i) => ({ start: Math.ceil(end / 65536) * 65536, end: Math.floor(starts[i]! / 65536) * 65536 }))
      .filter(({ start, end }) => start < end);
  }

  /** Address ranges between buffers. */
  guards(): { start: number; end: number }[] {
    return this.#buffers.map(({ address, bytes: size }) => ({
      start: address + size,
      end: guardedEnd(address + size),
    }));
  }
}
