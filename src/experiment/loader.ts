import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describePreprocessing } from '../network/describe.js';
import { buildFolder } from '../paths.js';
import type { Batch, BatchOrder, ImageSource, NetworkInput } from './images.js';

/** Batches that are ready or in the making, the one in use included: enough that a slow one delays nobody. */
const depth = 4;

/** What the thread is started with. All arrays are shared, so nothing is copied. */
export interface LoaderSetup {
  readonly network: NetworkInput;
  readonly dataset: ImageSource['dataset'];
  readonly augmentation: ImageSource['augmentation'];
  readonly buffers: readonly Batch[];
}

/** Asks the thread to fill a buffer; it answers as soon as it has, in the order it was asked. */
export interface LoaderRequest {
  readonly buffer: number;
  readonly order: BatchOrder;
}

/**
 * Prepares batches in a thread of its own, ahead of the engine, which blocks the calling thread while it computes. What a
 * batch holds depends on its order alone, so this changes no bit of a result.
 */
export class Loader {
  readonly #worker: Worker;
  readonly #buffers: readonly Batch[];
  #asked = 0;
  #filled = 0;
  #failure: Error | undefined;
  #wake = () => {};

  private constructor(
    readonly source: ImageSource,
    batch: number,
    private readonly signal: AbortSignal,
  ) {
    this.#buffers = Array.from({ length: depth }, () => ({
      images: new Float32Array(new SharedArrayBuffer(batch * source.size * 4)),
      labels: new Int32Array(new SharedArrayBuffer(batch * 4)),
    }));
    const { network, dataset, augmentation } = source;
    const { input, classes } = network;
    const setup: LoaderSetup = {
      network: { input, classes, ...describePreprocessing(network) },
      ...{ dataset, augmentation },
      buffers: this.#buffers,
    };
    this.#worker = new Worker(join(buildFolder, 'loader-worker.js'), { workerData: setup })
      .on('message', () => {
        this.#filled++;
        this.#wake();
      })
      .on('error', (error: Error) => this.#fail(error))
      .on('exit', () => this.#fail(new Error('the thread that prepares batches has ended')));
    signal.addEventListener('abort', this.#onAbort);
  }

  /**
   * Gives `use` a loader for as long as it takes.
   *
   * @param batch images of a batch at most
   * @param signal ends waiting
   */
  static async with<Result>(
    source: ImageSource,
    batch: number,
    signal: AbortSignal,
    use: (loader: Loader) => Promise<Result>,
  ): Promise<Result> {
    const loader = new Loader(source, batch, signal);
    try {
      return await use(loader);
    } finally {
      signal.removeEventListener('abort', loader.#onAbort);
      await loader.#worker.terminate();
    }
  }

  /**
   * The batches of all orders in turn, each valid until the next one is asked for. Between two, messages get out and
   * signals in.
   *
   * @throws the signal's reason when it is aborted, and what went wrong in the thread
   */
  async *batches<Order extends BatchOrder>(orders: Iterable<Order>): AsyncGenerator<Batch & { readonly order: Order }> {
    const coming = orders[Symbol.iterator]();
    const pending: { readonly number: number; readonly order: Order }[] = [];
    const ask = () => {
      const { value: order, done } = coming.next();
      if (done) return;
      const number = this.#asked++;
      this.#worker.postMessage({ buffer: number % depth, order } satisfies LoaderRequest);
      pending.push({ number, order });
    };
    for (let i = 0; i < depth; i++) ask();
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      await nextTurn();
      await this.#ready(next.number);
      yield { ...this.#buffers[next.number % depth]!, order: next.order };
      ask();
    }
  }

  async #ready(number: number): Promise<void> {
    for (;;) {
      this.signal.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#filled > number) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  readonly #onAbort = () => this.#wake();
}
