import { renderTable } from '../report/table.js';
import { Planner } from '../run/plan.js';
import { exitCodes, openPipeline, openStore, type PipelineOptions, print } from './context.js';
import { statusText } from './plan.js';

/** `status`: the state of each task, and why it is not cached. */
export async function statusCommand(
  file: string | undefined,
  options: PipelineOptions & { readonly json?: boolean },
): Promise<number> {
  const pipeline = await openPipeline(file, options);
  const plans = await new Planner(pipeline, openStore(options)).plan();
  if (options.json === true) {
    const list = pipeline.tasks.map(({ id, stage, labels }) => ({ task: id, stage, labels, ...plans.get(id)!.status }));
    print(JSON.stringify(list, null, 2));
    return exitCodes.done;
  }
  const rows = pipeline.tasks.map(({ id }) => {
    const { status } = plans.get(id)!;
    return { task: id, state: status.state, why: status.state === 'cached' ? '' : statusText(status) };
  });
  print(renderTable(rows, [{ key: 'task' }, { key: 'state' }, { key: 'why' }], 'text'));
  const cached = rows.filter(({ state }) => state === 'cached').length;
  print(`\n${cached} of ${rows.length} cached`);
  return exitCodes.done;
}
