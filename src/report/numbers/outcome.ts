// What expectations came to, in the same words on the terminal, the page and in Markdown.
import { structuralMetrics } from '../../results/structural.js';
import { grouped } from './format.js';
import type { Judgement } from './verdict.js';

/** A verdict, as far as it decides what may be said of all. */
export interface Judged extends Pick<Judgement, 'verdict'> {
  /** True if a source is named for the expectation. */
  readonly sourced: boolean;
  /** True if it is a result that a source reports. */
  readonly reported: boolean;
}

/** What became of a run's expectations. */
export interface Outcome {
  readonly compared: number;
  readonly met: number;
  /** Numbers that belong to another run, and are not compared. */
  readonly others: number;
  /** Results that sources report: how many are compared, and how many belong to another run. */
  readonly reported: { readonly compared: number; readonly others: number };
  /** Follows on `5 of 5 met`: what must be said of these; empty where nothing must. */
  readonly reserve: string;
}

/**
 * Whether an expectation is a result that a source reports: a number, of a metric that is measured. What two tasks of a run must
 * agree in, bounds, and what holds of every network are not, whatever source is named for them.
 *
 * @param value what is expected of the metric, if it is a number
 */
export function isReported(metric: string, value: unknown, source: string | undefined): boolean {
  return (
    (typeof value === 'number' || typeof value === 'string') && source !== undefined && !structuralMetrics.has(metric)
  );
}

export function outcomeOf(verdicts: readonly Judged[]): Outcome {
  const compared = verdicts.filter(({ verdict }) => verdict !== 'n/a');
  const results = verdicts.filter(({ reported }) => reported);
  const met = compared.filter(({ verdict }) => verdict === 'met').length;
  const resultsCompared = results.filter(({ verdict }) => verdict !== 'n/a').length;
  // Who names no source claims nothing of one.
  const claims = verdicts.some(({ sourced }) => sourced);
  return {
    compared: compared.length,
    met,
    others: verdicts.length - compared.length,
    reported: { compared: resultsCompared, others: results.length - resultsCompared },
    reserve: met > 0 && resultsCompared === 0 && claims ? ', none of them a result that a source reports' : '',
  };
}

/** `5 of 5 met, none of them a result that a source reports, 45 not compared` */
export function outcomeText({ compared, met, others, reserve }: Outcome): string {
  const counts = compared === 0 ? 'nothing compared' : `${grouped(met)} of ${grouped(compared)} met`;
  return counts + reserve + (others === 0 ? '' : `, ${grouped(others)} not compared`);
}
