import type { StageDefinition } from '../definition.js';
import type { StageProblem } from '../load.js';

/** What the confined process is told: the file to load and, once its definition is known, what to ask its functions. */
export interface Order {
  readonly uses: string;
  /** Which `uses` is relative to. */
  readonly folder: string;
  readonly questions: readonly Question[];
}

/** With where the file lies, links resolved, and its runnable code. */
export type ReaderOrder = Omit<Order, 'folder'> & { readonly file: string; readonly code: string };

/** What the process does one after the other, and says on descriptor 3 before it begins: a byte, its place from 1 on. */
export const phases = ['load', 'check', 'files'] as const;
export type Phase = (typeof phases)[number];

/** A call of one of a definition's functions. */
export interface Question {
  readonly name: 'check' | 'files';
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly value: unknown }
  /** `at`: when the process failed that was asked, in milliseconds; none where the function itself failed. */
  | { readonly failed: string; readonly at?: number };

/** A definition without its code: functions are told of, and asked where they are. */
export type PlainDefinition = Omit<StageDefinition, 'run' | 'check' | 'files'> & {
  readonly has: readonly ('run' | 'check' | 'files')[];
};

export type Reply = { readonly definition: PlainDefinition; readonly answers: readonly Answer[] } | ReaderFailure;

export interface ReaderFailure {
  readonly problem: StageProblem;
  /** It may be the machine's: it had too much to do, or somebody ended the process. */
  readonly passing?: true;
}
