import type { Progress } from '../../stage/definition.js';
import type { Failure } from '../events.js';
import type { StageResult } from './stage-messages.js';

/** What comes of an attempt at a task. */
export type AttemptResult =
  | StageResult
  | {
      readonly failure: Failure;
      /** It ended with other commands, by what one of them, or somebody else, did to the process that ran them. */
      readonly withOthers?: true;
    };

/** An attempt at a task that is going on. */
export interface Attempt {
  readonly done: Promise<AttemptResult>;
  /** Asks the task to end, and kills it after a while, or at once if it is urgent. */
  end(urgently: boolean): void;
}

/** What is to be told of an attempt while it goes on. */
export interface AttemptListener {
  progress(progress: Progress): void;
  log(line: string): void;
  warn(message: string): void;
}

export const interruptedFailure: Failure = { code: 'E_INTERRUPTED', message: 'The task was interrupted.' };
