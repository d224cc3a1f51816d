import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../error.js';
import { buildFolder } from '../../paths.js';
import { choiceVariable, choosing } from '../processor-choice.js';
import type { TensorFlow } from '../tensorflow/library.js';
import { adapterOptions, chosenAdapter, type Gpu, type ListedAdapter, listAdapters } from './adapters.js';

/** The graphics processor and the libraries that were found, as keys and people name them. */
export interface WebGpuDescription {
  /** Versions by package: WebGPU for Node, and TensorFlow.js on it. */
  readonly packages: Readonly<Record<string, string>>;
  /** Such as `NVIDIA H200`; with the driver, where it tells. */
  readonly adapter: string;
  /** Bytes that one tensor can have. */
  readonly largestTensor: number;
  /** All that could be chosen, by name, in the order of their numbers. */
  readonly choices: readonly string[];
}

/** TensorFlow.js on a device, and what has become of the device. */
export interface WebGpu {
  readonly tf: TensorFlow;
  readonly about: WebGpuDescription;
  /** TensorFlow.js's own, for other programs on it. */
  readonly device: GPUDevice;
  readonly watch: DeviceWatch;
}

/** Dawn, Google's implementation of WebGPU, for Node. */
const dawnPackage = 'webgpu';
const backendPackage = '@tensorflow/tfjs-backend-webgpu';
/** Of the build: gradients.ts with what it imports, a copy of TensorFlow.js of its own. */
const gradientsFile = 'webgpu-gradients.js';
const installLine = `npm install ${dawnPackage} ${backendPackage}`;

/** What is used of Dawn's package, whose types are no part of this one. */
interface Dawn {
  readonly globals: object;
  create(options: readonly string[]): Gpu<Adapter>;
}

interface Adapter {
  readonly info: Readonly<Record<'vendor' | 'architecture' | 'device' | 'description', string>>;
  readonly limits: { readonly maxStorageBufferBindingSize: number };
}

export interface Device extends EventTarget {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  readonly queue: { onSubmittedWorkDone(): Promise<unknown> };
}

const require = createRequire(import.meta.url);

let loaded: Promise<WebGpu> | undefined;

/**
 * Loads TensorFlow.js on WebGPU into this process, with the graphics processor that SPIKELINE_GPU chooses, or the first that
 * the system names; once, for Dawn does not outlive a second one of itself.
 * @throws {UserError} E_ENGINE when a package is missing or does not load, or there is no graphics processor; E_GPU_CHOICE
 *   when there is none of that name
 */
export function loadLibrary(): Promise<WebGpu> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<WebGpu> {
  const [dawnPath, backendPath] = [resolved(dawnPackage), resolved(backendPackage)];
  if (dawnPath === undefined || backendPath === undefined) {
    const missing = [
      ...(dawnPath === undefined ? [dawnPackage] : []),
      ...(backendPath === undefined ? [backendPackage] : []),
    ];
    throw new UserError(
      'E_ENGINE',
      `The engine "webgpu" needs ${missing.join(' and ')}, which ${missing.length === 1 ? 'is' : 'are'} not installed.`,
      `Install with: ${installLine}. Or leave out --engine.`,
    );
  }
  const { gpu, listed } = await openGpu(dawnPath);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null)
    throw new UserError(
      'E_ENGINE',
      'The engine "webgpu" found no graphics processor.',
      process.platform === 'linux'
        ? 'Is its Vulkan driver installed, and the loader (libvulkan1)? `vulkaninfo` lists what there is. Or leave out --engine.'
        : 'Is its driver installed? Or leave out --engine.',
    );
  // As its package finds it: the two must be one.
  const requireThere = createRequire(backendPath);
  const tf = requireThere('@tensorflow/tfjs-core') as TensorFlow & { readonly version_core: string };
  requireThere(backendPath);
  // They are known to whatever copy of TensorFlow.js there is in the process.
  await import(pathToFileURL(join(buildFolder, gradientsFile)).href);
  if (!(await tf.setBackend('webgpu').catch(() => false)))
    throw new UserError(
      'E_ENGINE',
      `TensorFlow.js can't use ${adapterText(adapter)} through WebGPU.`,
      'A newer driver may help. Or leave out --engine.',
    );
  const { device } = tf.backend() as unknown as { readonly device: GPUDevice };
  const version = (path: string, name: string) =>
    (createRequire(path)(`${name}/package.json`) as { version: string }).version;
  const about = {
    choices: listed.map(({ name }) => name),
    packages: { [dawnPackage]: version(dawnPath, dawnPackage), [backendPackage]: version(backendPath, backendPackage) },
    adapter: adapterText(adapter),
    largestTensor: adapter.limits.maxStorageBufferBindingSize,
  };
  return { tf, about, device, watch: new DeviceWatch(device, about.adapter) };
}

function resolved(name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/** Puts WebGPU where TensorFlow.js looks for it: in the places that a browser has. */
async function openGpu(
  dawnPath: string,
): Promise<{ readonly gpu: Gpu<Adapter>; readonly listed: readonly ListedAdapter[] }> {
  const { create, globals } = await (import(pathToFileURL(dawnPath).href) as Promise<Dawn>).catch((error: Error) => {
    throw new UserError(
      'E_ENGINE',
      `The package ${dawnPackage} is there, but does not load: ${error.message.split('\n')[0]}`,
      `It has binaries for recent Linux, macOS and Windows. ${installLine} fetches them again. Or leave out --engine.`,
    );
  });
  Object.assign(globalThis, globals);
  const listed = await listAdapters(create);
  const choice = choosing()[choiceVariable];
  const gpu = create(choice === undefined ? [] : adapterOptions(chosenAdapter(listed, choice)));
  const value = { userAgent: 'node', ...(globalThis as { navigator?: object }).navigator, gpu };
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
  return { gpu, listed };
}

/** `SwiftShader Device (Subzero), SwiftShader driver 5.0.0` */
function adapterText({ info }: Adapter): string {
  const { vendor, architecture, device, description } = info;
  return [...new Set([device || [vendor, architecture].filter(Boolean).join(' '), description])]
    .filter(Boolean)
    .join(', ');
}

/** How a failed task goes on, in words for users. */
const goesOn = 'Run again: training resumes after its last whole epoch. `retries: 2` does so by itself.';

/** How long a device may take to tell what is wrong with it. */
const tellingMs = 100;

/** A lost device answers nothing any more, and one out of memory answers with zeros: neither may become a result. */
export class DeviceWatch {
  #trouble: UserError | undefined;
  /** What is to be told to those who wait for the device. */
  readonly #waiting = new Set<(trouble: UserError) => void>();
  readonly #queue: Device['queue'];

  /** @param name what messages call the device */
  constructor(device: Device, name: string) {
    this.#queue = device.queue;
    const fail = (code: string, what: string, message: string, hint: string) => {
      const [first] = message.trim().split('\n');
      this.#trouble ??= new UserError(code, `${what} (${name}): ${first}`, hint, { exitCode: 1 });
      for (const tell of this.#waiting) tell(this.#trouble);
    };
    void device.lost.then(({ reason, message }) =>
      fail(
        'E_GPU_LOST',
        'The graphics processor was lost',
        message || reason,
        `Its driver may have been reset or updated, or a step took longer than the driver allows: then a smaller \`batch\` helps. ${goesOn}`,
      ),
    );
    device.addEventListener('uncapturederror', (event) => {
      const { error } = event as Event & { readonly error: Error };
      if (error.constructor.name === 'GPUOutOfMemoryError')
        fail(
          'E_GPU_MEMORY',
          'The graphics processor is out of memory',
          error.message,
          `A smaller \`batch\` needs less, and others may be using it. ${goesOn}`,
        );
      else fail('E_GPU', 'The graphics processor reports an error', error.message, goesOn);
    });
  }

  /** The result of work on the device. @throws {UserError} E_GPU… once there has been trouble with it */
  guard<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      if (this.#trouble !== undefined) reject(this.#trouble);
      // What fails on a lost device may do so before the device tells that it is lost.
      const failed = (error: unknown) => sleep(tellingMs).then(() => reject((this.#trouble ?? error) as Error));
      work.then(resolve, failed).finally(() => this.#waiting.delete(reject));
    });
  }

  /** Does what is of use and not needed. What went wrong with the device is told by the work that needs it. */
  tried(work: () => void): void {
    if (this.#trouble !== undefined) return;
    try {
      work();
    } catch {
      // A device that is lost can't be given anything, and may be so before it tells.
    }
  }

  /**
   * The same of what is kept: an error may be told of after the result that it spoils, but not after all work is done.
   * @throws {UserError} E_GPU… once there has been trouble with it
   */
  settled<T>(work: Promise<T>): Promise<T> {
    const settle = async () => {
      const result = await work;
      await this.#queue.onSubmittedWorkDone();
      return result;
    };
    return this.guard(settle());
  }
}
