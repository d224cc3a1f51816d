import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../error.js';
import { buildFolder } from '../../paths.js';
import { type Able, type Capability, type EngineDescription, gradientTypes } from '../engine.js';

const kernels = 'kernels.wasm';

/** The default engine: WebAssembly kernels on threads, the same bits on every machine and for any number of threads. */
export const wasmEngine: Able<Capability> = {
  name: 'wasm',
  identity: {
    sources: ['trainer', 'evaluator', 'simulator', 'worker'].map((name) => `src/engine/wasm/${name}.ts`),
    // Nothing is stale because a version of Node is new.
    ignored: ['src/engine/wasm/compiler', 'src/engine/wasm/native'],
    files: [kernels],
  },
  gradientTypes,
  describe,
  prepare: async (tell, anew) => (await import('./native/choice.js')).prepareNative(tell, anew),
  used: async () => (await import('./pool.js')).kernelsUsed(),
  trainer: async (network, start, options) =>
    (await import('./trainer.js')).WasmTrainer.create(network, start, options),
  evaluator: async (network, parameters, options) =>
    (await import('./evaluator.js')).WasmEvaluator.create(network, parameters, options),
  simulator: async (network, options) => (await import('./simulator.js')).WasmSimulator.create(network, options),
};

/** Computes something real in a process of its own: a sandbox may lack SIMD or shared memory, and V8 may end that process. */
async function describe(): Promise<EngineDescription> {
  const { examineFlags } = await import('./compiler/flags.js');
  const { describeNative } = await import('./native/choice.js');
  const flagText = (flags: readonly string[]) => (flags.length === 0 ? 'no flags of V8' : flags.join(' '));
  try {
    const { flags, rejected } = await examineFlags(await readFile(join(buildFolder, kernels)));
    const tried = rejected.map((other) => `; a process with ${flagText(other.flags)} ${other.why}`).join('');
    return {
      usable: !rejected.some((other) => other.flags.length === 0),
      text: `WebAssembly with SIMD, threads on shared memory, ${flagText(flags)}${tried}; ${describeNative()}`,
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { usable: false, text: 'the kernels are not built: run npm ci' };
    if (!(error instanceof UserError)) throw error;
    return { usable: false, text: message };
  }
}
