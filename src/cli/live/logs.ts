import { closeSync, lstatSync, readSync } from 'node:fs';
import { openRegularFile } from '../../files/regular-file.js';
import { curvesInLog } from '../../results/log-curves.js';
import type { Store } from '../../store/store.js';
import { logText, printableLine } from '../../text/printable.js';
import type { TaskId } from '../../values.js';

/** Bytes of a log that are read: its end. It may be as large as the disk. */
const readLog = 64 * 1024;
/** Logs that are followed at once. */
const mostFollowed = 32;
/** Characters of a line that are shown. */
const longestLine = 200;
/** Points of a curve: of more, every second, third, … is left out. */
const mostPoints = 240;

/** The end of what a task has written. @throws the system's error, and `IrregularFile` */
export function logEnd(store: Store, pipeline: string, task: TaskId): string {
  const { descriptor, stats } = openRegularFile(store.published(pipeline).logPath(task));
  try {
    const bytes = Buffer.alloc(Math.min(stats.size, readLog));
    const read = readSync(descriptor, bytes, 0, bytes.length, stats.size - bytes.length);
    return logText(bytes.subarray(0, read).toString());
  } finally {
    closeSync(descriptor);
  }
}

/** What the log of a task that another process computes tells of it. */
export interface Followed {
  readonly lastLine: string;
  /** As live curves are: the share of what there is so far, and a value. */
  readonly curves: Record<string, (readonly [number, number])[]>;
}

/** The logs of tasks that run elsewhere, each read again once it has changed. */
export class FollowedLogs {
  readonly #seen = new Map<TaskId, { readonly stamp: string; readonly told: Followed }>();

  /** What was last read of a task's log. */
  of(task: TaskId): Followed | undefined {
    return this.#seen.get(task)?.told;
  }

  /**
   * Reads logs that have changed, and forgets those of others.
   *
   * @param running tasks that are computed now
   * @returns those of which there is something new
   */
  read(store: Store, pipeline: string, running: readonly TaskId[]): readonly TaskId[] {
    const followed = running.slice(0, mostFollowed);
    for (const task of this.#seen.keys()) if (!followed.includes(task)) this.#seen.delete(task);
    return followed.filter((task) => {
      const stats = lstatSync(store.published(pipeline).logPath(task), { bigint: true, throwIfNoEntry: false });
      const stamp = stats === undefined ? '' : `${stats.mtimeNs} ${stats.size}`;
      if (stamp === '' || stamp === this.#seen.get(task)?.stamp) return false;
      try {
        this.#seen.set(task, { stamp, told: toldBy(logEnd(store, pipeline, task)) });
        return true;
      } catch {
        // It may just have been replaced: there is a next time.
        return false;
      }
    });
  }
}

function toldBy(log: string): Followed {
  const lastLine = printableLine(log.trimEnd().split('\n').at(-1) ?? '').slice(0, longestLine);
  const curves = Object.entries(curvesInLog(log)).map(([name, points]) => {
    const [first, last] = [points[0]![0], points.at(-1)![0]];
    const every = Math.ceil(points.length / mostPoints);
    const kept = points.filter((_, i) => i % every === 0 || i === points.length - 1);
    return [name, kept.map(([epoch, value]) => [(epoch - first) / (last - first || 1), value] as const)] as const;
  });
  return { lastLine, curves: Object.fromEntries(curves) };
}
