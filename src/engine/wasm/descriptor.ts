// The planner's side of kernels/description.mjs: what a descriptor of each kernel holds, which kernels take it, and the scratch
// memory that they are promised.
import { type Description, descriptions, fieldsOf } from './kernels/description.mjs';
import { type Address, type Bytes, bytes, type Count, nowhere } from './units.js';

type Descriptions = typeof descriptions;
export type DescriptorName = keyof Descriptions;

/** The names in a text, which stand one behind the other. */
type Names<Text> = Text extends `${infer First} ${infer Rest}` ? First | Names<Rest> : Text extends '' ? never : Text;
type Part<N extends DescriptorName, Key extends string> = Descriptions[N] extends { readonly [K in Key]: infer Value }
  ? Value
  : never;
type FieldNames<N extends DescriptorName, Kind extends string> = Names<Part<N, Kind>> & string;

/** What a descriptor of this name is made of. */
export type DescriptorFields<N extends DescriptorName> = {
  readonly [F in FieldNames<N, 'addresses'>]: Address;
} & { readonly [F in FieldNames<N, 'bytes'>]: Bytes } & { readonly [F in FieldNames<N, 'counts'>]: Count } & {
  readonly [F in FieldNames<N, 'flags'>]: boolean;
} & { readonly [F in FieldNames<N, 'words'> | FieldNames<N, 'numbers'>]: number } & {
  readonly [F in keyof Part<N, 'descriptors'>]: Descriptor<Part<N, 'descriptors'>[F] & DescriptorName>;
};

/** A struct in the shared memory, by which a kernel of its family is told what to do. */
export interface Descriptor<N extends DescriptorName = DescriptorName> {
  readonly name: N;
  readonly address: Address;
  /** Private memory that a thread needs for it. */
  readonly scratch: Bytes;
}

/** What stands where a kernel has another way than by a descriptor of this name: address 0. */
export const noDescriptor = <N extends DescriptorName>(name: N): Descriptor<N> => ({
  ...{ name, address: nowhere, scratch: bytes(0) },
});

/** The kernels that take a descriptor of this name. */
export type KernelOf<N extends DescriptorName> = Names<Descriptions[N]['kernels']> & string;
export type Kernel = { readonly [N in DescriptorName]: KernelOf<N> }[DescriptorName];
/** The name of the descriptor that a kernel takes. */
export type DescriptorOf<K extends Kernel> = {
  readonly [N in DescriptorName]: K extends KernelOf<N> ? N : never;
}[DescriptorName];

type Values = Readonly<Record<string, number | boolean | Descriptor>>;

/** A descriptor as it lies in memory. */
export function encode<N extends DescriptorName>(name: N, values: DescriptorFields<N>): Uint8Array {
  const fields = fieldsOf(descriptions[name]);
  const view = new DataView(new ArrayBuffer(fields.length * 4));
  for (const [i, field] of fields.entries()) {
    const given = (values as Values)[field.name]!;
    const value = Number(typeof given === 'object' ? given.address : given);
    if (field.type === 'f32') view.setFloat32(i * 4, value, true);
    else if (field.type === 'u32') view.setUint32(i * 4, value, true);
    else view.setInt32(i * 4, value, true);
  }
  return new Uint8Array(view.buffer);
}

/** The scratch memory that the description promises to kernels with these values: their own, or that of others they call. */
export function scratchOf<N extends DescriptorName>(name: N, values: DescriptorFields<N>): Bytes {
  const { scratch = {} }: Description = descriptions[name];
  const own = Object.values(scratch).reduce((sum, formula) => sum + evaluate(formula, values as Values), 0);
  const inner = Object.values(values as Values).map((value) => (typeof value === 'object' ? value.scratch : 0));
  return bytes(Math.max(own, ...inner));
}

/** A sum of products of numbers and fields: `12 * channels + 64`. */
function evaluate(formula: string, values: Values): number {
  const factor = (text: string) => Number(values[text] ?? text);
  const product = (text: string) => text.split(' * ').reduce((result, one) => result * factor(one), 1);
  return formula.split(' + ').reduce((sum, term) => sum + product(term), 0);
}

/** Byte offset of a field in its descriptor, for those that change between runs. */
export function fieldOffset<N extends DescriptorName>(name: N, field: keyof DescriptorFields<N>): Bytes {
  return bytes(fieldsOf(descriptions[name]).findIndex(({ name: other }) => other === field) * 4);
}
