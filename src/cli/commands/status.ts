import { styleText } from 'node:util';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { countStates, states } from '../../report/graph/graph.js';
import { Planner } from '../../run/plan/planner.js';
import { fittedTable } from '../../text/fitted-table.js';
import { jsonText } from '../../text/printable.js';
import type { Cell } from '../../text/table.js';
import { statusText } from '../explain/status.js';
import { printWarnings } from '../explain/warnings.js';
import { openPipeline } from '../opening/pipeline.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print, printOwn, terminalWidth } from '../terminal/output.js';

/** `status`: the state of each task, and why it is not cached. */
export async function statusCommand(
  file: string | undefined,
  options: PipelineOptions & { readonly json?: boolean },
): Promise<number> {
  const pipeline = await openPipeline(file, options);
  const plans = await new Planner(pipeline, openStore(options, pipeline)).plan();
  if (options.json === true) {
    const list = pipeline.tasks.map(({ id, stage, labels }) => ({ task: id, stage, labels, ...plans.get(id)!.status }));
    print(jsonText(list, 2));
    return exitCodes.done;
  }
  printWarnings(pipeline, pipeline.tasks);
  const rows = pipeline.tasks.map(({ id }) => {
    const { status } = plans.get(id)!;
    return { task: id, state: status.state, why: status.state === 'cached' ? '' : statusText(status) };
  });
  const columns = [{ key: 'task' }, { key: 'state', format: coloured }, { key: 'why' }];
  // Its cells are printable, but for the colours.
  printOwn(fittedTable(rows, columns, terminalWidth()));
  const counts = countStates(rows.map(({ state }) => state));
  const open = states.filter((state) => state !== 'cached' && counts[state] !== undefined);
  const rest = open.map((state) => `, ${counts[state]} ${state}`).join('');
  print(`\n${counts.cached ?? 0} of ${rows.length} cached${rest}`);
  return exitCodes.done;
}

const colours = { cached: 'green', stale: 'yellow', missing: 'magenta', failed: 'red', waiting: 'cyan' } as const;

/** In colour, where somebody looks at a terminal and has not asked for none. */
function coloured(state: Cell): string {
  const plain = process.stdout.isTTY !== true || (process.env.NO_COLOR ?? '') !== '' || process.env.TERM === 'dumb';
  return plain ? String(state) : styleText(colours[state as keyof typeof colours], String(state));
}
