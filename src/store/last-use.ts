import { lutimesSync } from 'node:fs';

/** By how much the clocks of machines that share a store may differ, in milliseconds. */
const skewMs = 3_600_000;

/** True of a time that only a clock which is, or was, wrong can have told. */
export const isToCome = (time: number, now: number): boolean => time > now + skewMs;

/** True of a time that is no longer ago than this, in milliseconds, and not yet to come. */
export const isWithin = (span: number, time: number, now = Date.now()): boolean =>
  time > now - span && !isToCome(time, now);

/**
 * When a file was used last, in milliseconds since the epoch. One with a time yet to come would count as used until then,
 * perhaps for years: it is taken to be used now, and noted so, to grow old from now on.
 *
 * @param time what the file's own says
 * @param mayNote false where nothing may be changed
 */
export function lastUse(path: string, time: number, now: number, mayNote = true): number {
  if (!isToCome(time, now)) return time;
  if (mayNote)
    try {
      lutimesSync(path, now / 1000, now / 1000);
    } catch {
      // Another user's: to its owner it will be the same.
    }
  return now;
}
