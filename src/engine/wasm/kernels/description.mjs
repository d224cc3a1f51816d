// @ts-check
// What each kernel is told: one struct of 4-byte fields per kernel family, written by the planner into the shared memory
// and read by the kernels; and the scratch memory that the family works in. This is the only definition, and plain data: the
// kernels' structs are generated from it, whatever language they are in, and the planner's types follow from it.
//
// kernels: the functions that are called with such a struct, kernel(descriptor, lo, hi).
// addresses … numbers: its fields, in this order of kinds; "image" is the distance from one image to the next, "row" and
//   "pixel" likewise. descriptors: other structs that it points to, by the name of the field.
// inner: true if no planner calls these kernels, but other kernels do.
// scratch: areas of each thread's private memory, one behind the other from a multiple of 64 on; their bytes as sums of
//   products of fields. The sizes here are all that a kernel is granted.
import { elements } from './describe-elements.mjs';
import { forward } from './describe-forward.mjs';
import { gradients } from './describe-gradients.mjs';

export const descriptions = /** @type {const} */ ({ ...forward, ...gradients, ...elements });

/** Kinds of fields, and what they are in memory; in this order. */
export const kinds = /** @type {const} */ ({
  addresses: 'u32',
  bytes: 'u32',
  counts: 'i32',
  flags: 'i32',
  words: 'u32',
  numbers: 'f32',
});

/**
 * @typedef {{
 *   kernels: string, inner?: true,
 *   addresses?: string, bytes?: string, counts?: string, flags?: string, words?: string, numbers?: string,
 *   descriptors?: Readonly<Record<string, string>>,
 *   scratch?: Readonly<Record<string, string>>,
 * }} Description
 */

/** @param {string | undefined} text names, one behind the other */
export const names = (text) => (text ? text.split(' ') : []);

/**
 * The fields of a struct as they lie in memory.
 * @param {Description} description
 * @returns {{ name: string, type: 'u32' | 'i32' | 'f32' }[]}
 */
export function fieldsOf(description) {
  const plain = /** @type {(keyof typeof kinds)[]} */ (Object.keys(kinds)).flatMap((kind) =>
    names(description[kind]).map((name) => ({ name, type: kinds[kind] })),
  );
  return [
    ...plain,
    ...Object.keys(description.descriptors ?? {}).map((name) => ({ name, type: /** @type {const} */ ('u32') })),
  ];
}
