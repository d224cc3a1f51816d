import '@tensorflow/tfjs-backend-cpu';
// Without the union package, gradients have to be registered by hand.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { restoreUtil } from '../../../src/engine/tensorflow/library.js';
import { agreesWithWasm } from './agreement.js';

describe("TensorFlow.js's CPU backend agrees with the WASM engine", () => {
  agreesWithWasm(() => tf);
});

it('puts back what Node 23 took from node:util', () => {
  const util: Record<string, unknown> = {};
  restoreUtil(util);
  const { isArray, isNullOrUndefined } = util as Record<string, (value: unknown) => boolean>;
  expect([[], {}, 0, null, undefined].map((value) => isArray!(value))).toEqual([true, false, false, false, false]);
  expect([null, undefined, 0, '', []].map((value) => isNullOrUndefined!(value))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
