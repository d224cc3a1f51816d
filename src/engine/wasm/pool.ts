import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { buildFolder } from '../../paths.js';
import { compile } from './compiler/flags.js';
import type { KernelCode } from './kernel-code.js';
import type { MemoryPlan } from './memory-plan.js';
import { chooseNative } from './native/choice.js';
import { useLargePages } from './native/library.js';
import { type Program, scratchBytes } from './program.js';
import { createControl, type Observer, type SharedSetup, ThreadRunner } from './threads.js';

let compiled: Promise<WebAssembly.Module> | undefined;

/** Compiles the kernels once a process. */
function compileKernels(): Promise<WebAssembly.Module> {
  compiled ??= readFile(join(buildFolder, 'kernels.wasm')).then(compile);
  return compiled;
}

let used: string | undefined;

/** Which kernels pools of this process have computed with; undefined before the first one. */
export const kernelsUsed = (): string | undefined => used;

/** WebAssembly's kernels are compiled where there are no others, or for these to be compared with. */
async function kernelCode(): Promise<KernelCode> {
  const { library, level, comparing = false } = await chooseNative();
  used = level === undefined ? 'WebAssembly' : `native kernels for ${level.name}`;
  if (library === undefined) return { module: await compileKernels() };
  return comparing ? { module: await compileKernels(), library } : { library };
}

/** Worker threads on one shared memory. The calling thread is the first of them and blocks while a program runs. */
export class Pool {
  private constructor(
    readonly memory: WebAssembly.Memory,
    readonly runner: ThreadRunner,
    readonly workers: readonly Worker[],
  ) {}

  /**
   * @param wanted threads that share the work out; with an observer the calling thread does all of it
   * @param observer is told of every kernel call
   */
  static async start(plan: MemoryPlan, programs: readonly Program[], wanted: number, observer?: Observer) {
    const threads = observer === undefined ? wanted : 1;
    const code = await kernelCode();
    const scratch = Array.from({ length: threads }, () => plan.alloc(scratchBytes(programs)));
    const memory = plan.create();
    if (code.library !== undefined) useLargePages(code.library, memory, plan.dense());
    const setup: SharedSetup = { code, memory, control: createControl(), threads, programs, scratch };
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
