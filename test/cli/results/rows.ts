import type { RunResultRow } from '../../../src/cli/results/runs.js';
import type { Cell } from '../../../src/text/table.js';
import type { Metrics, TaskId } from '../../../src/values.js';

/** A result of a run, with a key of its own. */
export function runRow(
  run: number,
  task: string,
  metrics: Metrics,
  parameters: Readonly<Record<string, Cell>> = {},
): RunResultRow {
  const [stage = ''] = task.split('@');
  const axes = Object.fromEntries(
    task
      .slice(stage.length + 1)
      .split(',')
      .filter((part) => part !== '')
      .map((part) => part.split('=') as [string, string]),
  );
  return {
    ...{ run, finishedAt: '2026-01-01T00:00:00.000Z', task: task as TaskId, stage, axes, parameters, metrics },
    ...{ key: Buffer.from(`${run} ${task}`).toString('hex').padEnd(64, '0').slice(0, 64) as never, call: {} },
  };
}
