import '@tensorflow/tfjs-backend-cpu';
// Without the union package, gradients have to be registered by hand.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import { describe } from 'vitest';
import { agreesWithWasm } from './agreement.js';

describe("TensorFlow.js's CPU backend agrees with the WASM engine", () => {
  agreesWithWasm(() => tf);
});
