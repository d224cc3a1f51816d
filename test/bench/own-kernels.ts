import { build, readVerdict, targetOf } from '../../src/engine/wasm/native/build.js';
import { type NativeKernels, useNative } from '../../src/engine/wasm/native/choice.js';
import { findCompiler } from '../../src/engine/wasm/native/compiler.js';
import { levelsHere } from '../../src/engine/wasm/native/level.js';

/**
 * Has this process compute with WebAssembly, or with the native kernels of a level of processors, which are compiled and
 * compared with WebAssembly's now if they are not there.
 * @param kernels `wasm`, or the level's name
 */
export async function useKernels(kernels: string): Promise<void> {
  useNative(kernels === 'wasm' ? {} : await nativeOf(kernels));
}

async function nativeOf(name: string): Promise<NativeKernels> {
  const compiler = findCompiler();
  if ('missing' in compiler) throw new Error(compiler.missing);
  const level = levelsHere().find((one) => one.name === name);
  if (level === undefined) throw new Error(`This processor is not ${name}.`);
  const target = targetOf(compiler, level);
  const verdict = readVerdict(target) ?? (await build(target));
  if (!verdict.usable) throw new Error(verdict.why);
  return { library: target.file, level };
}
