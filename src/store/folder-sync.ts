import { syncFolder } from './atomic.js';

/**
 * Makes renames durable, many at a time: folders that are named while others are being written wait for these and then
 * go together. A disk that takes a few milliseconds to commit does not hold up every task for as long.
 */
export class FolderSync {
  #named = new Set<string>();
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** Names a folder in which something was renamed. */
  request(folder: string): void {
    this.#named.add(folder);
    this.#running ??= this.#run();
  }

  /**
   * Resolves when all that was named so far is durable.
   *
   * @throws the system's error if some of it never will be
   */
  async done(): Promise<void> {
    await this.#running;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #run(): Promise<void> {
    while (this.#named.size > 0) {
      // All that is named in the same turn goes together.
      await Promise.resolve();
      const folders = [...this.#named];
      this.#named.clear();
      await Promise.all(folders.map(syncFolder)).catch((error: unknown) => {
        this.#failure = { error };
      });
    }
    this.#running = undefined;
  }
}
