/** What values of an array are held in. */
export type NumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** The same values with their axes in another order. @param order for each new axis the old one */
export function permute<T extends NumberArray>(
  { shape, data }: { readonly shape: readonly number[]; readonly data: T },
  order: readonly number[],
): { shape: readonly number[]; data: T } {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const sizes = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const result = data.slice() as T;
  const index = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < sizes[axis]!) break;
      from -= steps[axis]! * sizes[axis]!;
      index[axis] = 0;
    }
  }
  return { shape: sizes, data: result };
}

/** Elements of a tensor. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Whether none is NaN or infinite. A loop: to call a function for each takes twenty times as long, and there are millions. */
export function areFinite(values: Float32Array | Float64Array): boolean {
  let sum = 0;
  // What is not finite leaves NaN, and nothing else does.
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!;
  return sum === 0;
}
