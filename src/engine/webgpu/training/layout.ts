// Where parameters and moments of a training lie on the device: one program is to move all of them, and none may bind more
// than eight buffers.
import { elements } from '../../../formats/shape.js';
import type { Network } from '../../../network/architecture.js';
import { type ParameterShape, parameterShapes } from '../../../network/parameters.js';

/** A tensor in a buffer of several: numbers before it, and its own. */
export interface Place {
  readonly from: number;
  readonly size: number;
}

export interface Layout {
  /** Parameters of which only programs of our own know, one behind the other: what is trained first. */
  readonly shared: ReadonlyMap<string, Place>;
  /** Numbers of those of them that are trained, with gaps: gradients lie the same way. */
  readonly trained: number;
  /** Numbers of all of them. */
  readonly parameters: number;
  /** Weights that TensorFlow.js's programs read, each in a tensor of its own. */
  readonly own: readonly ParameterShape[];
  /** Moments of all that is trained. */
  readonly moments: ReadonlyMap<string, Place>;
  /** Numbers of all of them. */
  readonly momentSize: number;
}

/** Programs bind parts of buffers that begin at multiples of 256 bytes. */
const alignment = 64;

/** Gives each tensor its place behind the others. */
function placed(shapes: readonly ParameterShape[], begin = 0): { places: Map<string, Place>; end: number } {
  let end = begin;
  const places = new Map<string, Place>();
  for (const { name, shape } of shapes) {
    const size = elements(shape);
    places.set(name, { from: end, size });
    end += Math.ceil(size / alignment) * alignment;
  }
  return { places, end };
}

/** The layout for a network: ternary weights and what belongs to batch norm shares a buffer. */
export function layoutOf(network: Network): Layout {
  const shapes = parameterShapes(network);
  const own = shapes.filter(({ role, ternary }) => role === 'weight' && !ternary);
  const shared = shapes.filter((shape) => !own.includes(shape));
  const trained = placed(shared.filter(({ trainable }) => trainable));
  const running = placed(
    shared.filter(({ trainable }) => !trainable),
    trained.end,
  );
  const moments = placed(own, trained.end);
  return {
    shared: new Map([...trained.places, ...running.places]),
    trained: trained.end,
    parameters: running.end,
    own,
    moments: new Map([...trained.places, ...moments.places]),
    momentSize: moments.end,
  };
}

/** All values one behind the other, with zeros where none are given. */
export function joined(
  places: ReadonlyMap<string, Place>,
  size: number,
  values: ReadonlyMap<string, Float32Array> | undefined,
): Float32Array {
  const all = new Float32Array(size);
  for (const [name, { from }] of places) {
    const own = values?.get(name);
    if (own !== undefined) all.set(own, from);
  }
  return all;
}

/** The values of each tensor, copied. */
export const taken = (places: ReadonlyMap<string, Place>, all: Float32Array): Map<string, Float32Array> =>
  new Map([...places].map(([name, { from, size }]) => [name, all.slice(from, from + size)]));
