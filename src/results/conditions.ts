// Choosing and sorting results by their values. Pages take these functions over as they stand: each needs nothing else.

import type { Cell } from '../text/table.js';

/** A condition such as `accuracy>=0.9`, in its parts. */
export interface Condition {
  readonly name: string;
  readonly comparison: string;
  readonly value: string;
}

/** The parts of a condition; undefined for what is none. */
export function parseCondition(text: string): Condition | undefined {
  const [, name, comparison, value] = /^([^=<>!]+)(!=|<=|>=|=|<|>)(.*)$/.exec(text.trim()) ?? [];
  return name === undefined ? undefined : { name: name.trim(), comparison: comparison!, value: value!.trim() };
}

/**
 * The order of two values: as numbers where both are, however many digits they have, else as texts. What is missing, or NaN, comes last in both directions.
 *
 * @param direction -1 for the largest first
 */
export function compareCells(a: Cell, b: Cell, direction: 1 | -1 = 1): number {
  const isMissing = (cell: Cell) => cell === undefined || cell === null || String(cell) === 'NaN';
  if (isMissing(a) || isMissing(b)) return Number(isMissing(a)) - Number(isMissing(b));
  const isLong = (cell: Cell) => /^[-+]?\d{16,}$/.test(String(cell));
  if (isLong(a) && isLong(b)) {
    const [x, y] = [BigInt(String(a)), BigInt(String(b))];
    return direction * (x < y ? -1 : Number(x > y));
  }
  const [x, y] = [Number(a), Number(b)];
  if (String(a) !== '' && String(b) !== '' && !Number.isNaN(x) && !Number.isNaN(y)) return direction * (x - y || 0);
  const order = String(a) < String(b) ? -1 : Number(String(a) > String(b));
  return direction * order;
}

/**
 * Does the order of a value and the one of a condition meet its comparison? What is NaN is neither more nor less than another.
 *
 * @param cells the two
 */
export function meetsComparison(order: number, comparison: string, cells: readonly Cell[]): boolean {
  if (order !== 0 && cells.some((cell) => String(cell) === 'NaN')) return comparison === '!=';
  if (comparison === '!=') return order !== 0;
  if (order === 0) return comparison.includes('=');
  return comparison.startsWith(order < 0 ? '<' : '>');
}
