import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { buildFolder } from '../../paths.js';
import type { MemoryPlan, Program } from './plan.js';
import { createControl, type Observer, type SharedSetup, ThreadRunner } from './threads.js';

let compiled: Promise<WebAssembly.Module> | undefined;

/** V8's flags for the kernels: the optimising compiler from the start, as the first one's code is 3× slower. */
export const compiler = { flags: ['--no-liftoff', '--no-wasm-lazy-compilation'] };

/** Compiles the kernels once a process. */
function compileKernels(): Promise<WebAssembly.Module> {
  compiled ??= (async () => {
    for (const flag of compiler.flags) setFlagsFromString(flag);
    // At once: Node 24 does not stay alive for a compilation in the background when these flags are set.
    return new WebAssembly.Module(await readFile(join(buildFolder, 'kernels.wasm')));
  })();
  return compiled;
}

/** Worker threads on one shared memory. The calling thread is the first of them and blocks while a program runs. */
export class Pool {
  private constructor(
    readonly memory: WebAssembly.Memory,
    readonly runner: ThreadRunner,
    readonly workers: readonly Worker[],
  ) {}

  /**
   * @param scratchBytes private memory each thread needs
   * @param observer is told of the calling thread's kernel calls
   */
  static async start(
    plan: MemoryPlan,
    programs: readonly Program[],
    threads: number,
    scratchBytes: number,
    observer?: Observer,
  ) {
    const module = await compileKernels();
    const scratch = Array.from({ length: threads }, () => plan.alloc(scratchBytes));
    const memory = plan.create();
    const setup: SharedSetup = { module, memory, control: createControl(), threads, programs, scratch };
    const workers = await Promise.all(
      Array.from({ length: threads - 1 }, async (_, i) => {
        const worker = new Worker(join(buildFolder, 'engine-worker.js'), { workerData: { setup, thread: i + 1 } });
        await new Promise((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
        });
        worker.unref();
        return worker;
      }),
    );
    return new Pool(memory, new ThreadRunner(setup, 0, observer), workers);
  }

  run(program: number): void {
    this.runner.lead(program);
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
