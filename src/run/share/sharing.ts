import { createLimit } from '../../files/limit.js';
import { formatSize } from '../../schema/size.js';
import type { RemoteCache } from '../../store/remote/cache.js';
import type { Caution } from '../../store/remote/settings.js';
import type { TaskKey, TaskRecord, TaskResult } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import { sharedAbort } from '../abort.js';
import type { RunEvent } from '../events.js';

/** Results on their way at a time, each with several files. */
const transfers = 8;
/** How often progress is told of, in milliseconds. */
const progressMs = 200;

/** What a run shares with others: takes results before they are computed, and gives those that were. */
export class Sharing {
  readonly #limit = createLimit(transfers);
  readonly #uploads: Promise<void>[] = [];
  readonly #uploading = sharedAbort();
  /** Bytes of each upload. */
  readonly #bytes = new Map<TaskId, { done: number; total: number }>();
  readonly #tell = throttle(progressMs);
  #pending = 0;
  #fetched = 0;
  #uploaded = 0;
  #lost = 0;

  constructor(
    readonly cache: RemoteCache,
    readonly emit: (event: RunEvent) => void,
    /** To be told once somebody listens. */
    readonly caution?: Caution,
  ) {}

  /** For the event that begins a run. */
  get remote(): { readonly name: string; readonly readOnly: boolean } {
    return { name: this.cache.name, readOnly: this.cache.readOnly };
  }

  /** For the event that ends it. */
  get counts(): { readonly fetched: number; readonly uploaded: number } {
    return { fetched: this.#fetched, uploaded: this.#uploaded };
  }

  /** The result of a task from the remote, brought into the store; undefined if it can't be had. */
  async fetch(task: TaskId, key: TaskKey, signal: AbortSignal): Promise<TaskResult | undefined> {
    const tell = throttle(progressMs);
    const result = await this.cache.fetch(key, `The result of ${task}`, {
      signal,
      progress: (done, total) =>
        tell(() => {
          const values = { fetched: `${formatSize(done)} of ${formatSize(total)}` };
          this.emit({ event: 'task-progress', task, progress: { done, total, unit: 'bytes', values } });
        }),
    });
    if (result !== undefined) this.#fetched++;
    return result;
  }

  /** Gives a result to the remote, while the run goes on. */
  give(task: TaskId, record: TaskRecord): void {
    if (!this.cache.writable) {
      if (!this.cache.readOnly) this.#lost++;
      return;
    }
    this.#pending++;
    this.#uploads.push(this.#limit(() => this.#upload(task, record)));
  }

  /** Gives up what is not given yet. It can be given later. */
  interrupt(): void {
    this.#uploading.abort();
  }

  /** How many results could not be given. */
  get lost(): number {
    return this.#lost;
  }

  /** Resolves when all is given that can be. */
  async settled(): Promise<void> {
    if (this.#pending > 0) this.#emitUpload();
    await Promise.all(this.#uploads);
    if (this.#uploads.length > 0) this.#emitUpload();
  }

  async #upload(task: TaskId, record: TaskRecord): Promise<void> {
    const progress = (done: number, total: number) => {
      this.#bytes.set(task, { done, total });
      this.#tell(() => this.#emitUpload());
    };
    const options = { signal: this.#uploading.signal, progress };
    if (await this.cache.upload(record, `The result of ${task}`, options)) this.#uploaded++;
    else this.#lost++;
    this.#pending--;
  }

  #emitUpload(): void {
    const sum = (which: 'done' | 'total') => [...this.#bytes.values()].reduce((bytes, one) => bytes + one[which], 0);
    const counts = { pending: this.#pending, uploaded: this.#uploaded };
    this.emit({ event: 'upload', ...counts, done: sum('done'), total: sum('total') });
  }
}

/** Calls a function no more often than every so many milliseconds. */
function throttle(milliseconds: number): (call: () => void) => void {
  let last = performance.now();
  return (call) => {
    const now = performance.now();
    if (now - last < milliseconds) return;
    last = now;
    call();
  };
}
