import { createRequire } from 'node:module';
import { UserError } from '../../error.js';

/** What TensorFlow.js offers on all backends. */
export type TensorFlow = typeof import('@tensorflow/tfjs-core');

/** The library that was found, as keys and people name it. */
export interface LibraryDescription {
  /** `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`. */
  readonly package: string;
  readonly version: string;
  /** Of TensorFlow's own library behind the package, such as `2.9.1`. */
  readonly tensorflow: string;
  readonly device: 'CPU' | 'GPU';
}

/** The packages that bind TensorFlow's library to Node, best first. */
const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** What those packages have beyond TensorFlow.js on any backend. */
type Binding = Omit<TensorFlow, 'backend' | 'version'> & {
  readonly version: Readonly<Record<string, string>>;
  backend(): { readonly isUsingGpuDevice: boolean; readonly binding: { readonly TF_Version: string } };
};

const require = createRequire(import.meta.url);

/**
 * Loads TensorFlow into this process.
 * @param threads that it may use; only the first call decides, TensorFlow reads it once
 * @throws {UserError} E_ENGINE when there is none, or it doesn't load
 */
export function loadLibrary(threads?: number): { readonly tf: TensorFlow; readonly about: LibraryDescription } {
  const found = packages.find(resolves);
  if (found === undefined)
    throw new UserError(
      'E_ENGINE',
      'The engine "tensorflow" needs the package @tensorflow/tfjs-node, which is not installed.',
      'Install it with: npm install @tensorflow/tfjs-node (with a GPU: @tensorflow/tfjs-node-gpu). Or leave out --engine.',
    );
  setEnvironment(threads);
  restoreUtil(require('node:util') as Record<string, unknown>);
  try {
    const tf = require(found) as Binding;
    const { isUsingGpuDevice, binding } = tf.backend();
    const device = isUsingGpuDevice ? 'GPU' : 'CPU';
    return {
      tf: tf as unknown as TensorFlow,
      about: { package: found, version: tf.version['tfjs-node']!, tensorflow: binding.TF_Version, device },
    };
  } catch (error) {
    const [first] = (error as Error).message.split('\n');
    throw new UserError(
      'E_ENGINE',
      `The package ${found} is there, but TensorFlow's library does not load: ${first!.trim()}`,
      `npm rebuild ${found} fetches it again. Or leave out --engine.`,
    );
  }
}

function resolves(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** TensorFlow reads these as it is loaded. What the user has set stays. */
function setEnvironment(threads: number | undefined): void {
  const { env } = process;
  // Warnings and errors only: a word about oneDNN on every start helps nobody.
  env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  // Not all of the GPU's memory at once: others may be using it.
  env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  if (threads !== undefined) env.TF_NUM_INTRAOP_THREADS ??= String(threads);
}

/**
 * tfjs-node 4 calls functions of node:util that Node 22 warns of and Node 23 has no more.
 * @param util the module's exports, which are changed
 */
export function restoreUtil(util: Record<string, unknown>): void {
  util.isArray = Array.isArray;
  util.isNullOrUndefined = (value: unknown) => value === undefined || value === null;
}
