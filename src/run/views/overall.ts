import type { TaskId } from '../../values.js';
import type { RunEvent } from '../events.js';
import { duration, TimeLeft } from './text.js';

interface StageCount {
  /** Tasks of which nothing has become yet, and that don't run. */
  readonly waiting: Set<TaskId>;
  /** Seconds of those that ran, and how many they were. */
  seconds: number;
  ran: number;
  /** Of those of them that there was an estimate of: seconds, and what they were estimated at. */
  estimated: { seconds: number; expected: number };
}

interface RunningTask {
  readonly stage: string;
  readonly since: number;
  readonly pace: TimeLeft;
  /** Seconds left when it last told how far it is, and when that was. */
  left?: { readonly seconds: number; readonly at: number };
}

/**
 * How far a run is as a whole, and how long it may take yet: by estimates where there are some, corrected by what tasks of the
 * same stage took, else by those alone.
 */
export class Overall {
  readonly #stages = new Map<string, StageCount>();
  readonly #stageOfTask = new Map<TaskId, string>();
  readonly #running = new Map<TaskId, RunningTask>();
  #expected: Readonly<Record<TaskId, number>> = {};
  #total = 0;
  #ended = 0;
  #failed = 0;
  #skipped = 0;
  #started = 0;
  /** When the run ended: its time stands still from then on, though pages of it are still read. */
  #endedAt: number | undefined;

  /** @param now milliseconds of a clock that never goes back */
  handle(event: RunEvent, now: number = performance.now()): void {
    switch (event.event) {
      case 'start':
        this.#started = now;
        this.#total = event.tasks.length;
        for (const { id, stage } of event.tasks) {
          this.#stageOfTask.set(id, stage);
          this.#stageOf(stage).waiting.add(id);
        }
        return;
      case 'estimate':
        this.#expected = event.seconds;
        return;
      case 'task-start':
        this.#begin(event.task, now);
        return;
      case 'task-progress': {
        const task = this.#running.get(event.task);
        const seconds = task?.pace.update(event.progress, now);
        if (task !== undefined && seconds !== undefined) task.left = { seconds, at: now };
        return;
      }
      case 'task':
        this.#end(event);
        return;
      case 'end':
        this.#endedAt = now;
        return;
      default:
    }
  }

  /** What has become of the whole, once all of it has ended. */
  get outcome(): 'done' | 'failed' | 'skipped' {
    if (this.#failed > 0) return 'failed';
    return this.#skipped > 0 ? 'skipped' : 'done';
  }

  /** `12/64 done, 3 running, 84 s, about 5 min 20 s left` */
  text(now: number = performance.now()): string {
    const left = this.secondsLeft(now);
    const parts = [
      `${this.#ended - this.#failed - this.#skipped}/${this.#total} done`,
      ...(this.#failed > 0 ? [`${this.#failed} failed`] : []),
      ...(this.#skipped > 0 ? [`${this.#skipped} skipped`] : []),
      ...(this.#running.size > 0 ? [`${this.#running.size} running`] : []),
      duration(Math.floor(((this.#endedAt ?? now) - this.#started) / 1e3)),
      ...(left === undefined || this.#ended === this.#total ? [] : [`about ${duration(left)} left`]),
    ];
    return parts.join(', ');
  }

  /**
   * Seconds that the run may take yet, if as many tasks run at a time as do now; undefined while nothing is known of a
   * stage that tasks wait in. Tasks that turn out cached make it shorter.
   */
  secondsLeft(now: number = performance.now()): number | undefined {
    let [sum, longest] = [0, 0];
    for (const [id, task] of this.#running) {
      const left = this.#leftOf(id, task, now);
      if (left === undefined) return undefined;
      sum += left;
      longest = Math.max(longest, left);
    }
    for (const [stage, { waiting }] of this.#stages) {
      const usual = waiting.size > 0 ? this.#usual(stage, now) : 0;
      for (const task of waiting) {
        const seconds = this.#expectedOf(task, stage) ?? usual;
        if (seconds === undefined) return undefined;
        sum += seconds;
      }
    }
    return Math.max(longest, sum / Math.max(1, this.#running.size));
  }

  #begin(task: TaskId, now: number): void {
    const stage = this.#stageOfTask.get(task)!;
    if (this.#running.has(task)) return;
    this.#stageOf(stage).waiting.delete(task);
    this.#running.set(task, { stage, since: now, pace: new TimeLeft() });
  }

  #end({ task, status, seconds }: Extract<RunEvent, { event: 'task' }>): void {
    const counts = this.#stageOf(this.#stageOfTask.get(task)!);
    this.#ended++;
    if (status === 'failed') this.#failed++;
    if (status === 'skipped') this.#skipped++;
    if (!this.#running.delete(task)) counts.waiting.delete(task);
    if (status !== 'ran') return;
    counts.seconds += seconds;
    counts.ran++;
    const expected = this.#expected[task];
    if (expected === undefined) return;
    counts.estimated.seconds += seconds;
    counts.estimated.expected += expected;
  }

  /** What a task is estimated at, as far as those of its stage were right. */
  #expectedOf(task: TaskId, stage: string): number | undefined {
    const estimate = this.#expected[task];
    const { seconds, expected } = this.#stageOf(stage).estimated;
    return estimate === undefined || expected === 0 ? estimate : (estimate * seconds) / expected;
  }

  #leftOf(task: TaskId, { stage, since, left }: RunningTask, now: number): number | undefined {
    if (left !== undefined) return Math.max(0, left.seconds - (now - left.at) / 1e3);
    const usual = this.#expectedOf(task, stage) ?? this.#meanOf(stage);
    return usual === undefined ? undefined : Math.max(0, usual - (now - since) / 1e3);
  }

  /** What a task of a stage takes: the mean of those that ran, or of those that run and have told how far they are. */
  #usual(stage: string, now: number): number | undefined {
    const mean = this.#meanOf(stage);
    if (mean !== undefined) return mean;
    const whole = [...this.#running.values()].flatMap((task) =>
      task.stage === stage && task.left !== undefined
        ? [(now - task.since) / 1e3 + Math.max(0, task.left.seconds - (now - task.left.at) / 1e3)]
        : [],
    );
    return whole.length === 0 ? undefined : whole.reduce((a, b) => a + b) / whole.length;
  }

  #meanOf(stage: string): number | undefined {
    const { ran, seconds } = this.#stageOf(stage);
    return ran === 0 ? undefined : seconds / ran;
  }

  #stageOf(name: string): StageCount {
    const counts = this.#stages.get(name) ?? {
      ...{ waiting: new Set(), seconds: 0, ran: 0 },
      estimated: { seconds: 0, expected: 0 },
    };
    this.#stages.set(name, counts);
    return counts;
  }
}
