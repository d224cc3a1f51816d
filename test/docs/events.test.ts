import { expect, it } from 'vitest';
import type { RunEvent } from '../../src/index.js';
import { readPage } from './markdown.js';

/** Each event with all that it may have: the compiler holds this to the events that there are. */
const events: { readonly [E in RunEvent as E['event']]: Readonly<Record<Exclude<keyof E, 'event'>, true>> } = {
  start: { pipeline: true, tasks: true, artifacts: true, remote: true },
  estimate: { seconds: true },
  'task-waiting': { task: true, message: true },
  'task-start': { task: true, key: true, reasons: true },
  'task-retry': { task: true, attempt: true, attempts: true, seconds: true, failure: true },
  'task-progress': { task: true, progress: true },
  'task-log': { task: true, line: true },
  task: { task: true, status: true, from: true, key: true, seconds: true, metrics: true, failure: true },
  upload: { pending: true, uploaded: true, done: true, total: true },
  warning: { message: true, hint: true },
  interrupted: { jobsGoOn: true },
  end: { ran: true, cached: true, failed: true, skipped: true, seconds: true, fetched: true, uploaded: true },
};

it('the page of programs lists all events with all that they have', () => {
  const rows = [...readPage('docs/api.md').prose.matchAll(/^\| `((?!event`)[a-z-]+)` +\|[^|]*\|([^|]*)\|$/gm)];
  const listed = rows.map(([, event, fields]) => [event, [...fields!.matchAll(/`(\w+)`/g)].map(([, name]) => name)]);
  expect(listed).toEqual(Object.entries(events).map(([event, fields]) => [event, Object.keys(fields)]));
});
