import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, unlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inFolder, temporaryPath } from '../files/atomic.js';
import { guarded } from '../files/error.js';
import { removeFolder } from '../files/remove.js';

/** The part that tasks write to. */
export const outputsPart = 'outputs';

/** A folder for one attempt at a task. */
export interface WorkFolder {
  readonly path: string;
  /** Names of the folders in it. */
  readonly parts: readonly string[];
  /** What the system says of each part while it is as it was made. */
  readonly modes: readonly number[];
  /** Names of the links that an earlier task has left in each part. */
  readonly links: ReadonlyMap<string, readonly string[]>;
}

/**
 * Folders in which tasks work, each as new and under a name that was never used before. Those of tasks that have ended
 * well are used again, because to remove a folder can take as long as a short task: some file systems tell the disk
 * of every block that is freed, and wait for it. What a task left running can't come back by the old name: that is gone
 * before the folder is emptied.
 */
export class WorkFolders {
  /** By parts. */
  readonly #idle = new Map<string, WorkFolder[]>();

  constructor(readonly temporary: string) {}

  /** A folder with nothing in it but folders of these names, which are empty but for links. */
  take(parts: readonly string[]): Promise<WorkFolder> {
    const used = this.#idle.get(parts.join('/'))?.pop();
    if (used !== undefined && existsSync(used.path)) return Promise.resolve(used);
    const path = temporaryPath(this.temporary);
    return guarded(path, async () => {
      inFolder(this.temporary, () => mkdirSync(path));
      for (const part of parts) mkdirSync(join(path, part));
      return { path, parts, modes: parts.map((part) => lstatSync(join(path, part)).mode), links: new Map() };
    });
  }

  /** Takes back the folder of a task that has ended well. */
  giveBack(folder: WorkFolder): void {
    const path = temporaryPath(this.temporary);
    if (!isRenamed(folder.path, path)) {
      removeFolder(folder.path);
      return;
    }
    const links = emptied({ ...folder, path });
    if (links === undefined) {
      removeFolder(path);
      return;
    }
    const shape = folder.parts.join('/');
    const idle = this.#idle.get(shape) ?? [];
    idle.push({ ...folder, path, links });
    this.#idle.set(shape, idle);
  }

  /** Removes those that nobody uses. */
  async close(): Promise<void> {
    const paths = [...this.#idle.values()].flat().map(({ path }) => path);
    this.#idle.clear();
    // By several threads: where many links were left, each may wait for the disk.
    await Promise.all(paths.map((path) => rm(path, { recursive: true, force: true }).catch(() => removeFolder(path))));
  }
}

function isRenamed(path: string, to: string): boolean {
  try {
    renameSync(path, to);
    return true;
  } catch {
    return false;
  }
}

/**
 * Removes what is in the parts but for links, which the next task may want as well.
 *
 * @returns the names of the links in each part; undefined if there is anything else, or if a part is not as it was made
 */
function emptied({ path, parts, modes }: Omit<WorkFolder, 'links'>): WorkFolder['links'] | undefined {
  try {
    if (readdirSync(path).length !== parts.length) return undefined;
    const links = new Map<string, string[]>();
    for (const [index, part] of parts.entries()) {
      const place = `${path}/${part}`;
      if (lstatSync(place).mode !== modes[index]) return undefined;
      const names: string[] = [];
      for (const entry of readdirSync(place, { withFileTypes: true }))
        if (part === outputsPart || !entry.isSymbolicLink()) unlinkSync(`${place}/${entry.name}`);
        else names.push(entry.name);
      links.set(part, names);
    }
    return links;
  } catch {
    // A folder can't be unlinked, for example.
    return undefined;
  }
}
