import { describe } from 'vitest';
import { loadLibrary, type TensorFlow } from '../../../src/engine/tensorflow/library.js';
import { agreesWithWasm } from './agreement.js';

// test/peers/tfjs-node.sh builds the library where it can't be downloaded.
describe.skipIf(library() === undefined)("TensorFlow's own library agrees with the WASM engine", () => {
  agreesWithWasm(() => library()!);
});

function library(): TensorFlow | undefined {
  try {
    return loadLibrary().tf;
  } catch {
    return undefined;
  }
}
