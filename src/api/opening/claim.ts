import { existsSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { UserError } from '../../error.js';
import { StoreError } from '../../files/error.js';
import { readRegularFile } from '../../files/regular-file.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import { shownPath } from './calls.js';

/** Bytes that the note, or a pipeline file, may have. */
const longest = 16 * 2 ** 20;

/**
 * Notes in a pipeline's folder which file it belongs to, and refuses another file of the project that has the same name:
 * their results would replace one another. The note is a path within the project, so that the project can be moved or
 * copied; a file that is gone, or has another name by now, gives way. Files outside of the project are as good as one:
 * several checkouts may share a store.
 */
export async function claimFolder(store: Store, { name, file }: Pick<Pipeline, 'name' | 'file'>): Promise<void> {
  const project = dirname(store.folder);
  // One that is made for the results alone holds no pipeline file.
  if (!existsSync(project)) return;
  const own = relative(realpathSync(project), realpathSync(file)).split(sep).join('/');
  if (own.startsWith('../') || isAbsolute(own)) return;
  const path = join(store.published(name).folder, '.file');
  const noted = textOf(path)?.trim();
  if (noted === own) return;
  if (noted !== undefined && hasName(join(project, noted), name))
    throw new UserError(
      'E_USAGE',
      `Two pipeline files have the name "${name}": ${shownPath(join(project, noted))} and ${shownPath(file)}. They would overwrite each other's results.`,
      'give one of them another `name:`, or keep its results apart with --artifacts',
    );
  await store
    .published(name)
    .writeNote(path, `${own}\n`)
    .catch((error: unknown) => {
      // A store that may only be read has nothing to replace either.
      if (!(error instanceof StoreError)) throw error;
    });
}

function hasName(file: string, name: string): boolean {
  const [, , found] = /^name:[ \t]*(["']?)(.+?)\1[ \t]*(?:#.*)?\r?$/m.exec(textOf(file) ?? '') ?? [];
  return found === name;
}

function textOf(path: string): string | undefined {
  try {
    return readRegularFile(path, longest).toString();
  } catch {
    return undefined;
  }
}
