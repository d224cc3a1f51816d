import { describe } from 'vitest';
import { engineOn } from '../../../src/engine/tensorflow/engine.js';
import { loadLibrary, type TensorFlow } from '../../../src/engine/tensorflow/library.js';
import { wasmEngine } from '../../../src/engine/wasm/engine.js';
import { describeEngine } from '../contract.js';

// test/peers/tfjs-node.sh builds the library where it can't be downloaded.
describe.skipIf(library() === undefined)("the engine on TensorFlow's own library", () => {
  describeEngine(
    engineOn(() => library()!),
    wasmEngine,
  );
});

function library(): TensorFlow | undefined {
  try {
    return loadLibrary().tf;
  } catch {
    return undefined;
  }
}
