import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises';
import { readSealed, sealed } from '../files/sealed.js';

/** What was downloaded of a file so far, as it is kept beside it. */
interface State {
  readonly url: string;
  /** What the server calls this content: a strong ETag, or the time of its last change. */
  readonly validator: string;
  readonly size: number;
  readonly pieceBytes: number;
  /** Numbers of the pieces that are complete. */
  readonly pieces: readonly number[];
}

/**
 * A file that is being downloaded, whole pieces of it at a time and in any order, beside a note of which are there. It
 * can be gone on with at any later time, if the server still has the same content.
 */
export class PartialFile {
  /** Bytes that are there, those of pieces that are not yet complete included. */
  done = 0;
  #handle: FileHandle | undefined;
  readonly #complete = new Set<number>();
  #about: Omit<State, 'pieces'> | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(
    readonly path: string,
    readonly url: string,
  ) {}

  /** Takes up what an earlier download of the address left. */
  static async open(path: string, url: string): Promise<PartialFile> {
    const partial = new PartialFile(path, url);
    const noted = readSealed(`${path}.state`);
    const state = noted === undefined ? undefined : (JSON.parse(noted) as State);
    // What is not there can't be gone on with.
    if (state?.url === url) await partial.#takeUp(state).catch(() => undefined);
    return partial;
  }

  async #takeUp({ pieces, ...about }: State): Promise<void> {
    const handle = await open(this.path, constants.O_RDWR | constants.O_NOFOLLOW);
    const { size } = await handle.stat();
    for (const piece of pieces) {
      const end = Math.min((piece + 1) * about.pieceBytes, about.size);
      if (end > size || this.#complete.has(piece)) continue;
      this.#complete.add(piece);
      this.done += end - piece * about.pieceBytes;
    }
    this.#about = about;
    this.#handle = handle;
  }

  /** Of the content that pieces are there of. */
  get known(): Omit<State, 'pieces'> | undefined {
    return this.#about;
  }

  /** Begins anew. @param about the content that pieces will come of; without it nothing can be gone on with */
  async begin(about?: Omit<State, 'pieces' | 'url'>): Promise<void> {
    await this.close();
    await this.forget();
    this.#complete.clear();
    this.done = 0;
    this.#about = about === undefined ? undefined : { url: this.url, ...about };
    this.#handle = await open(this.path, 'wx');
  }

  has(piece: number): boolean {
    return this.#complete.has(piece);
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    // A disk that gets full takes a part.
    for (let from = 0; from < bytes.length; ) {
      const { bytesWritten } = await this.#handle!.write(bytes, from, bytes.length - from, at + from);
      from += bytesWritten;
    }
    this.done += bytes.length;
  }

  /** Notes that a piece is there, so that a later start has it. */
  complete(piece: number): Promise<void> {
    this.#complete.add(piece);
    this.#saving = this.#saving.then(async () => {
      if (this.#about === undefined || this.#handle === undefined) return;
      await this.#handle.datasync();
      const state: State = { ...this.#about, pieces: [...this.#complete] };
      // Anew, never through a link that somebody has put there.
      await rm(`${this.path}.state.new`, { force: true });
      await writeFile(`${this.path}.state.new`, sealed(JSON.stringify(state)), { flag: 'wx' });
      await rename(`${this.path}.state.new`, `${this.path}.state`);
    });
    return this.#saving;
  }

  async close(): Promise<void> {
    await this.#saving.catch(() => undefined);
    await this.#handle?.close();
    this.#handle = undefined;
  }

  /** Leaves off, and keeps what can be gone on with. */
  async leave(): Promise<void> {
    const useless = this.#handle !== undefined && this.#about === undefined;
    await this.close();
    if (useless) await this.forget();
  }

  /** Removes all of it. */
  async forget(): Promise<void> {
    for (const path of [this.path, `${this.path}.state`, `${this.path}.state.new`]) await rm(path, { force: true });
  }
}
