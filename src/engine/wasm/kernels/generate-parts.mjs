// @ts-check
// Shared by the generators of kernels.
/** @param {number} n */
export const range = (n) => [...Array(n).keys()];

/**
 * A line for each item.
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T, index: number) => string} text
 */
export const lines = (items, text) => items.map(text).join('\n');

let separators = 0;
/**
 * V8 issues all loads of a basic block first; with 15 usable vector registers long unrolled bodies spill. So each
 * unrolled body ends in a branch that is never taken: on an address that no buffer has (the first page is reserved).
 * Each has its own constant. Arithmetic is put off until somebody needs its result: `keep` is code that needs it.
 * @param {string} variable
 */
export const separator = (variable, keep = '') => `if (${variable} == ${++separators}) { ${keep} break; }`;
