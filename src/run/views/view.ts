import type { RunEvent } from '../events.js';

/** Shows a run. Consumes events and nothing else. */
export interface View {
  handle(event: RunEvent): void;
  /** After the last event: resolves when all is shown. */
  close(): Promise<void>;
}
