import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { buildFolder } from '../paths.js';

/** A folder to start a process in that is not the user's: one that crashes may leave a file where it ran. */
export function neutralFolder(): string {
  const temporary = tmpdir();
  try {
    accessSync(temporary, constants.X_OK);
    return temporary;
  } catch {
    return buildFolder;
  }
}
