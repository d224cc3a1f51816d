import { formatSize } from '../../schema/size.js';
import type { Progress } from '../../stage/definition.js';
import type { TaskRecord } from '../../store/types.js';
import type { Failure, Reason, RunEvent } from '../events.js';

/** `84 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Number(seconds.toFixed(2))} s`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A time that is not known exactly: `under 1 s`, `about 40 s`, `about 12 min`, `about 2 h 10 min`, `about 9 h`, `about 6 days`. */
export function roughly(seconds: number): string {
  if (seconds < 1) return 'under 1 s';
  if (seconds < 99.5) return `about ${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 99.5) return `about ${Math.round(minutes)} min`;
  const hours = minutes / 60;
  if (hours >= 47.5) return `about ${Math.round(hours / 24)} days`;
  const tens = Math.round(minutes / 10);
  if (hours >= 5 || tens % 6 === 0) return `about ${Math.round(hours)} h`;
  return `about ${Math.floor(tens / 6)} h ${(tens % 6) * 10} min`;
}

/** `in 2 s (attempt 1 of 3: The command failed with exit code 1.)` */
export function retryText({ attempt, attempts, seconds, failure }: Extract<RunEvent, { event: 'task-retry' }>): string {
  return `in ${duration(seconds)} (attempt ${attempt} of ${attempts}: ${failure.message})`;
}

/** What a failed task wrote last, each line marked as its own. */
export function tailLines({ tail = [] }: Failure, indent: string, most = Number.POSITIVE_INFINITY): readonly string[] {
  return tail.slice(-most).map((line) => `${indent}| ${line}`.trimEnd());
}

/** `1 task`, `2 tasks`. */
export function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** `2 results to go, 12 MB of 35 MB`. */
export function uploadText({ pending, uploaded, done, total }: Extract<RunEvent, { event: 'upload' }>): string {
  if (pending === 0) return `${countOf(uploaded, 'result')}, ${formatSize(total)}`;
  return `${countOf(pending, 'result')} to go, ${formatSize(done)} of ${formatSize(total)}`;
}

/** `2026-11-23 20:21:38 UTC` for what a record holds. */
export function moment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

/** A text of at most so many characters: what is too much is taken from its middle, since both ends tell things apart. */
export function shortened(text: string, most: number): string {
  const letters = [...text];
  if (letters.length <= most) return text;
  const end = Math.floor((most - 1) / 2);
  return `${letters.slice(0, most - 1 - end).join('')}…${end === 0 ? '' : letters.slice(-end).join('')}`;
}

/** Of reasons that fill lines, so many characters are told; `why` tells all. */
const mostOfReasons = 240;

/** Why a task runs, in a line: the first reasons, as many as there is room for, and how many more there are. */
export function reasonsText(reasons: readonly Reason[]): string {
  const texts = reasons.map(({ text }) => text);
  let told = 0;
  for (let length = 0; told < texts.length; told++) {
    length += texts[told]!.length;
    if (told > 0 && length > mostOfReasons) break;
  }
  const more = texts.length - told;
  const shown = texts.slice(0, told).map((text) => shortened(text, mostOfReasons));
  return [...shown, ...(more > 0 ? [`and ${countOf(more, 'more reason')}`] : [])].join('; ');
}

/** Estimates the time left of a task from the pace of its recent progress. */
export class TimeLeft {
  readonly #marks: { readonly at: number; readonly done: number }[] = [];

  /** Seconds left, or undefined while there is too little to go by. */
  update({ done, total, secondsLeft }: Progress, now: number = performance.now()): number | undefined {
    if (secondsLeft !== undefined) return secondsLeft;
    const marks = this.#marks;
    // A smaller count is a new phase with a pace of its own.
    if (marks.length > 0 && done < marks.at(-1)!.done) marks.length = 0;
    marks.push({ at: now, done });
    if (marks.length > 50) marks.shift();
    const first = marks[0]!;
    const passed = (now - first.at) / 1e3;
    if (passed < 1 || done <= first.done) return undefined;
    return ((total - done) * passed) / (done - first.done);
  }
}

const barWidth = 12;

/** `epoch 3/8  42 %  12 s left  █████░░░░░░░  loss 0.31  images/s 2900`: what a narrow terminal cuts off comes last. */
export function progressText(
  { done, total, unit, phase, values }: Progress,
  left: number | undefined,
  bar: boolean,
): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const filled = Math.round(share * barWidth);
  const parts = [
    ...(phase === undefined ? [] : [phase]),
    `${Math.floor(share * 100)} %`,
    ...(left === undefined ? [] : [`${duration(left)} left`]),
    ...(bar ? [`${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`] : []),
    ...(values === undefined
      ? [`${done}/${total} ${unit}`]
      : Object.entries(values).map(([name, value]) => `${name} ${value}`)),
  ];
  return parts.join('  ');
}

/** The programs that made a result. */
export function programsText({ node, spikeline, kernels }: TaskRecord['provenance']): string {
  return [`Node ${node}`, `Spikeline ${spikeline}`, ...(kernels === undefined ? [] : [kernels])].join(', ');
}
