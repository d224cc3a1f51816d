import { callOf } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { metricsOf } from '../../api/results/current.js';
import { UserError } from '../../error.js';
import { Planner } from '../../run/plan/planner.js';
import { countOf } from '../../run/views/text.js';
import { jsonText } from '../../text/printable.js';
import { type Cell, distinctCells, renderTable } from '../../text/table.js';
import { openPipeline } from '../opening/pipeline.js';
import { marked, scalarMetrics, tasksOfStage, titleOf } from '../results/cells.js';
import { reportText } from '../results/tables.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print } from '../terminal/output.js';

export interface ShowOptions extends PipelineOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly md?: boolean;
}

/** `show`: the metrics over the axes, a table a stage; in Markdown, the tables of the report before them. */
export async function showCommand(file: string | undefined, options: ShowOptions): Promise<number> {
  if ([options.json, options.csv, options.md].filter(Boolean).length > 1)
    throw new UserError('E_USAGE', 'Choose one of --json, --csv and --md.');
  const pipeline = await openPipeline(file, options);
  const store = openStore(options, pipeline);
  const plans = await new Planner(pipeline, store).plan();
  const metrics = metricsOf(plans);
  if (options.json === true) {
    const list = pipeline.tasks.flatMap(({ id, stage, axes }) => {
      const found = metrics.get(id);
      return found === undefined ? [] : [{ task: id, stage, axes, metrics: found }];
    });
    print(jsonText(list, 2));
    return exitCodes.done;
  }
  const format = options.csv === true ? 'csv' : options.md === true ? 'md' : 'text';
  const report = format === 'md' ? await reportText(pipeline, store, plans) : '';
  const tables = pipeline.stages.flatMap((stage) => {
    const rows = tasksOfStage(pipeline, stage).flatMap(({ id, labels }): Record<string, Cell>[] => {
      const found = metrics.get(id);
      return found === undefined ? [] : [{ ...marked('axis', labels), ...marked('metric', scalarMetrics(found)) }];
    });
    const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    if (keys.length === 0) return [];
    const heading = format === 'md' ? `## ${stage}\n\n` : format === 'text' ? `${stage}\n` : `# ${stage}\n`;
    return [
      `${heading}${renderTable(
        rows,
        keys.map((key) => ({ key, title: titleOf(key, keys), format: distinctCells(rows.map((row) => row[key])) })),
        format,
      )}`,
    ];
  });
  if (metrics.size === 0) print(`No results yet. Run it first: ${callOf('run', pipeline, options)}`);
  else if (tables.length === 0 && report === '')
    print(
      `${countOf(metrics.size, 'result')} up to date, and none with a metric to show.\n` +
        'A command writes its metrics as a JSON object to its output `metrics`, such as metrics.json.',
    );
  else print([...(report === '' ? [] : [report]), ...tables].join('\n'));
  return exitCodes.done;
}
