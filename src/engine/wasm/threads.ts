// What main thread and workers share: the control words, the barrier, the walk through a program.
import { type KernelCode, openKernels } from './kernel-code.js';
import type { KernelFunction } from './kernel-functions.js';
import { type Call, type Program, scratchBytes } from './program.js';
import { type Address, behind } from './units.js';

/** Indices into the shared control words. */
const word = { generation: 0, program: 1, arrived: 2, barrier: 3, failed: 4, counters: 16 } as const;
const controlWords = 4096;
/** A barrier by waiting costs 13–35 µs, one by polling 0.1 µs: poll a while first. */
const polls = 20_000;

export interface SharedSetup {
  readonly code: KernelCode;
  readonly memory: WebAssembly.Memory;
  readonly control: Int32Array;
  readonly threads: number;
  readonly programs: readonly Program[];
  /** Scratch memory of each thread. */
  readonly scratch: readonly Address[];
}

export function createControl(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(controlWords * 4));
}

/** Told of every call that the thread made, and of the CPU time that the process took meanwhile. */
export type Observer = (call: Call, milliseconds: number) => void;

/** One thread's view: its own instance of the module, and its part in every program. */
export class ThreadRunner {
  readonly #programs: {
    readonly run: KernelFunction;
    readonly descriptor: Address;
    readonly lo: number;
    readonly hi: number;
  }[][][][];
  readonly #control: Int32Array;
  readonly #threads: number;
  readonly #scratch: Address;

  constructor(setup: SharedSetup, thread: number, observer?: Observer) {
    this.#control = setup.control;
    this.#threads = setup.threads;
    this.#scratch = setup.scratch[thread]!;
    const scratch = { start: this.#scratch, end: behind(this.#scratch, scratchBytes(setup.programs)) };
    const kernels = openKernels(setup.code, setup.memory, scratch);
    this.#programs = setup.programs.map((program) =>
      program.map((phase) =>
        phase.map((item) =>
          item.map((call) => {
            const { descriptor, lo, hi } = call;
            const kernel = kernels[call.kernel];
            const run = observer === undefined ? kernel : timed(kernel, call, observer);
            return { run, descriptor: descriptor.address, lo, hi };
          }),
        ),
      ),
    );
  }

  /** Takes items until none is left, phase by phase. Which thread takes which item changes no bit of the result. */
  walk(program: number): void {
    const control = this.#control;
    for (const [index, phase] of this.#programs[program]!.entries()) {
      for (;;) {
        const next = Atomics.add(control, word.counters + index, 1);
        if (next >= phase.length || Atomics.load(control, word.failed)) break;
        try {
          for (const { run, descriptor, lo, hi } of phase[next]!) run(descriptor, this.#scratch, lo, hi);
        } catch (error) {
          // The others must not wait for ever at the barrier; the main thread reports it.
          Atomics.store(control, word.failed, 1);
          console.error(error);
        }
      }
      this.#barrier();
    }
  }

  #barrier(): void {
    if (this.#threads === 1) return;
    const control = this.#control;
    const before = Atomics.load(control, word.barrier);
    if (Atomics.add(control, word.arrived, 1) === this.#threads - 1) {
      Atomics.store(control, word.arrived, 0);
      Atomics.add(control, word.barrier, 1);
      Atomics.notify(control, word.barrier);
      return;
    }
    waitWhile(control, word.barrier, before);
  }

  /** A worker's life: wait for the next program, walk it. */
  serve(): never {
    const control = this.#control;
    for (let seen = 0; ; ) {
      waitWhile(control, word.generation, seen);
      seen = Atomics.load(control, word.generation);
      this.walk(Atomics.load(control, word.program));
    }
  }

  /** The main thread's call: starts the workers on a program and takes part in it. */
  lead(program: number): void {
    const control = this.#control;
    const phases = this.#programs[program]!.length;
    for (let i = 0; i < phases; i++) Atomics.store(control, word.counters + i, 0);
    Atomics.store(control, word.program, program);
    Atomics.add(control, word.generation, 1);
    Atomics.notify(control, word.generation);
    this.walk(program);
    if (Atomics.load(control, word.failed)) throw new Error('a kernel failed; its message is above');
  }
}

/** CPU time of the process, so that other programs on the machine count little. */
function timed(run: KernelFunction, call: Call, observer: Observer): KernelFunction {
  const milliseconds = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e3;
  };
  return (descriptor, scratch, lo, hi) => {
    const started = milliseconds();
    run(descriptor, scratch, lo, hi);
    observer(call, milliseconds() - started);
  };
}

function waitWhile(control: Int32Array, index: number, value: number): void {
  for (let i = 0; i < polls; i++) if (Atomics.load(control, index) !== value) return;
  while (Atomics.load(control, index) === value) Atomics.wait(control, index, value);
}
