import { expect, it } from 'vitest';
import { joined, layoutOf, taken } from '../../../../src/engine/webgpu/training/layout.js';
import { initialParameters } from '../../../../src/network/initialise.js';
import { parameterShapes } from '../../../../src/network/parameters.js';
import { network } from '../../../../src/network/presets.js';
import { fp32, quantised } from '../../examples.js';

const lenet = network('lenet', { precision: quantised(1, 2) });

it('gives every parameter a place that overlaps no other, where programs can bind it', () => {
  for (const precision of [quantised(1, 2), fp32]) {
    const layout = layoutOf(network('vgg', { precision }));
    const shapes = parameterShapes(network('vgg', { precision }));
    const own = layout.own.map(({ name }) => name);
    expect([...layout.shared.keys(), ...own].sort()).toEqual(shapes.map(({ name }) => name).sort());
    const trained = shapes.flatMap(({ name, trainable }) => (trainable ? [name] : []));
    expect([...layout.moments.keys()].sort()).toEqual(trained.sort());
    for (const [places, end] of [
      [layout.shared, layout.parameters],
      [layout.moments, layout.momentSize],
    ] as const) {
      let before = 0;
      for (const { from, size } of places.values()) {
        expect(from % 64).toBe(0);
        expect(from).toBeGreaterThanOrEqual(before);
        before = from + size;
      }
      expect(before).toBeLessThanOrEqual(end);
    }
    // One program moves what is trained: its parameters, gradients and moments are at the same places.
    for (const [name, { from }] of layout.shared) {
      expect(from < layout.trained, name).toBe(trained.includes(name));
      if (from < layout.trained) expect(layout.moments.get(name)!.from).toBe(from);
    }
  }
});

it('keeps weights apart that TensorFlow.js reads: at k1B2 the first and the last layer', () => {
  expect(layoutOf(lenet).own.map(({ name }) => name)).toEqual(['conv1.weight', 'dense.weight']);
});

it('puts values there, and takes them from there', () => {
  const { shared, parameters } = layoutOf(lenet);
  const values = initialParameters(lenet, 1);
  const back = taken(shared, joined(shared, parameters, values));
  for (const [name, tensor] of back) expect(tensor).toEqual(values.get(name));
  expect(joined(shared, parameters, undefined).every((value) => value === 0)).toBe(true);
});
