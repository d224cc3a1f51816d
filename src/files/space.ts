import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from './error.js';

/**
 * Bytes that are free for this user where a path lies, or will: on the disk of the nearest folder above it that there is.
 * Undefined where the system does not tell.
 */
export function freeBytes(path: string): number | undefined {
  for (let place = path; ; place = dirname(place))
    try {
      const { bavail, bsize } = statfsSync(place);
      return bavail * bsize;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || place === dirname(place)) return undefined;
    }
}
