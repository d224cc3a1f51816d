import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskId } from '../pipeline/task.js';
import { temporaryPath, writeAtomically } from './atomic.js';
import { guarded, systemCode } from './error.js';
import { fileName } from './names.js';
import { decodeRecord, encodeRecord } from './record.js';
import type { TaskKey, TaskRecord } from './types.js';

/** Task records by key, and for each task of a pipeline which of them is its newest. */
export class Records {
  readonly #folder: string;
  readonly #quarantine: string;
  readonly #temporary: string;

  constructor(store: string, temporary: string) {
    this.#folder = join(store, 'records');
    this.#quarantine = join(store, 'quarantine');
    this.#temporary = temporary;
  }

  /** The record of a key. A damaged one is set aside and counts as none. */
  async read(key: TaskKey): Promise<TaskRecord | undefined> {
    const path = this.#pathOf(key);
    return guarded(path, async () => {
      const text = await readText(path);
      if (text === undefined) return undefined;
      const record = decodeRecord(text, key);
      if (record === 'foreign') return undefined;
      if (record !== undefined) return record;
      await mkdir(this.#quarantine, { recursive: true });
      await rename(path, `${temporaryPath(this.#quarantine)}-${key}.json`).catch((error: unknown) => {
        if (systemCode(error) !== 'ENOENT') throw error;
      });
      return undefined;
    });
  }

  /** Writes a record: the last step of a task, after all blobs it names. */
  async write(record: TaskRecord): Promise<void> {
    const path = this.#pathOf(record.key);
    await guarded(path, () => writeAtomically(path, [encodeRecord(record)], this.#temporary));
  }

  /** The key that a task had when its result was last made or found, as `tasks` (the pipeline's folder) knows it. */
  async latestKey(tasks: string, task: TaskId): Promise<TaskKey | undefined> {
    const text = await guarded(tasks, () => readText(join(tasks, `${fileName(task)}.json`)));
    try {
      const latest = JSON.parse(text ?? '') as { task?: unknown; key?: unknown };
      const { key } = latest;
      return latest.task === task && typeof key === 'string' && /^[0-9a-f]{64}$/.test(key)
        ? (key as TaskKey)
        : undefined;
    } catch {
      return undefined;
    }
  }

  async setLatestKey(tasks: string, task: TaskId, key: TaskKey): Promise<void> {
    const text = `${JSON.stringify({ task, key })}\n`;
    await guarded(tasks, () => writeAtomically(join(tasks, `${fileName(task)}.json`), [text], this.#temporary));
  }

  #pathOf(key: TaskKey): string {
    return join(this.#folder, key.slice(0, 2), `${key}.json`);
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
