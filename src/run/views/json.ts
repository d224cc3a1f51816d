import { jsonText } from '../../text/printable.js';
import type { RunEvent } from '../events.js';
import type { View } from './view.js';

/** One JSON object a line, for programs. */
export class JsonView implements View {
  constructor(readonly write: (line: string) => void) {}

  handle(event: RunEvent): void {
    // The names of tasks say all of their points.
    const line = event.event === 'start' ? { ...event, tasks: event.tasks.map(({ id }) => id) } : event;
    this.write(jsonText(line));
  }

  async close(): Promise<void> {}
}
