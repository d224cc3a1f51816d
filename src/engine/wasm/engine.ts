import type { SpikingEngine } from '../engine.js';
import { WasmEvaluator } from './evaluator.js';
import { WasmSimulator } from './simulator.js';
import { WasmTrainer } from './trainer.js';

/** The default engine: WebAssembly kernels on threads, the same bits on every machine and for any number of threads. */
export const wasmEngine: SpikingEngine = {
  name: 'wasm',
  trainer: (network, start, options) => WasmTrainer.create(network, start, options),
  evaluator: (network, parameters, options) => WasmEvaluator.create(network, parameters, options),
  simulator: (network, options) => WasmSimulator.create(network, options),
};
