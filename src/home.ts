import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';

/**
 * The user's own folder. `/` where there is none: for a user whom the machine does not know, as containers have them,
 * and who has no `HOME`. Container engines say the same of them. A `HOME` that is empty or relative names none, either:
 * settings are never taken from a folder that just happens to be the working one.
 */
export function homeFolder(): string {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : '/';
  } catch {
    return '/';
  }
}
