import { callOf } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { metricsOf } from '../../api/results/current.js';
import { UserError } from '../../error.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import { undeclaredNotes } from '../../results/repetitions.js';
import { Planner } from '../../run/plan/planner.js';
import { quote } from '../../run/process/command.js';
import { countOf } from '../../run/views/text.js';
import type { Store } from '../../store/store.js';
import { jsonText } from '../../text/printable.js';
import { firstFew } from '../explain/reasons.js';
import { openPipeline } from '../opening/pipeline.js';
import { metricTables, ownEstimates, repeatedTasks } from '../results/metric-tables.js';
import { reportText } from '../results/report-text.js';
import type { RunResultRow } from '../results/runs.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print, printErrorText, printText } from '../terminal/output.js';
import { writeOutput } from '../terminal/output-file.js';

export interface ShowOptions extends PipelineOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly md?: boolean;
  readonly runs?: boolean;
  readonly where?: readonly string[];
  readonly sort?: string;
  readonly pareto?: string;
  readonly export?: string;
  readonly output?: string;
}

/** `show`: the metrics over the axes, a table a stage, and one of means over repetitions; in Markdown, the tables of the report before them. */
export async function showCommand(file: string | undefined, options: ShowOptions): Promise<number> {
  if ([options.json, options.csv, options.md].filter(Boolean).length > 1)
    throw new UserError('E_USAGE', 'Choose one of --json, --csv and --md.');
  const pipeline = await openPipeline(file, options);
  const store = openStore(options, pipeline);
  if (options.runs === true) return showRuns(pipeline, store, options);
  for (const name of ['where', 'sort', 'pareto', 'export', 'output'] as const)
    if (options[name] !== undefined) throw new UserError('E_USAGE', `--${name} needs --runs.`);
  const plans = await new Planner(pipeline, store).plan();
  const metrics = metricsOf(plans);
  if (options.json === true) {
    const list = pipeline.tasks.flatMap(({ id, stage, axes }) => {
      const found = metrics.get(id);
      if (found === undefined) return [];
      const estimates = ownEstimates(found);
      return [{ task: id, stage, axes, metrics: found, ...(Object.keys(estimates).length > 0 && { estimates }) }];
    });
    const means = pipeline.stages.flatMap((stage) =>
      repeatedTasks(pipeline, stage, metrics).map(({ labels: _, ...mean }) => mean),
    );
    print(jsonText([...list, ...means], 2));
    return exitCodes.done;
  }
  const format = options.csv === true ? 'csv' : options.md === true ? 'md' : 'text';
  const report = format === 'md' ? await reportText(pipeline, store, plans) : '';
  const tables = pipeline.stages.flatMap((stage) => metricTables(pipeline, stage, metrics, format));
  // CSV is for programs.
  const notes = format === 'csv' ? [] : undeclaredNotes(pipeline.tasks).map((note) => `${note}\n`);
  const failed = pipeline.tasks.map(({ id }) => id).filter((id) => plans.get(id)!.status.state === 'failed');
  const say = speaker(format);
  if (metrics.size === 0 && failed.length > 0)
    say(`No results: ${firstFew(failed)} failed. What happened: ${callOf('status', pipeline, options)}`);
  else if (metrics.size === 0) say(`No results yet. Run it first: ${callOf('run', pipeline, options)}`);
  else if (tables.length === 0 && report === '')
    say(
      `${countOf(metrics.size, 'result')} up to date, but none has a metric to show.\n` +
        'A command writes its metrics as a JSON object to its output `metrics`, such as metrics.json.',
    );
  else print([...(report === '' ? [] : [report]), ...tables, ...notes].join('\n'));
  return exitCodes.done;
}

/** Where sentences go: what reads a table of CSV takes each line for a row. */
const speaker = (format: string): ((text: string) => void) => (format === 'csv' ? printErrorText : printText);

async function showRuns(pipeline: Pipeline, store: Store, options: ShowOptions): Promise<number> {
  const { runResults, runsText } = await import('../results/runs.js');
  const { json, csv, md, where, sort, pareto } = options;
  const format = json ? 'json' : csv ? 'csv' : md ? 'md' : 'text';
  const results = await runResults(pipeline, store);
  if (results.length === 0 && format !== 'json') {
    speaker(format)(`No runs yet. Run it first: ${callOf('run', pipeline, options)}`);
    return exitCodes.done;
  }
  if (options.export !== undefined) return exportRuns(pipeline, store, results, options);
  const shown = runsText(results, {
    ...(where && { where }),
    ...(sort && { sort }),
    ...(pareto && { pareto }),
    format,
  });
  if (shown === '') speaker(format)('No run matches.');
  else print(shown);
  return exitCodes.done;
}

/** What runs are written for: where to, if nobody says, and how they are looked at. */
const exports = {
  html: { folder: 'runs.html', call: (file: string) => file },
  tensorboard: { folder: 'tensorboard', call: (folder: string) => `tensorboard --logdir ${folder}` },
  // Of MLflow 3 at the latest (tried with 3.17), files are read only where it is told to: it would rather have a database.
  mlflow: {
    folder: 'mlruns',
    call: (folder: string) => `MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri ${folder}`,
  },
} as const;

async function exportRuns(
  pipeline: Pipeline,
  store: Store,
  results: readonly RunResultRow[],
  { export: kind = '', output, where = [], sort, pareto }: ShowOptions,
): Promise<number> {
  if (!Object.hasOwn(exports, kind))
    throw new UserError(
      'E_USAGE',
      `Runs can't be exported for "${kind}".`,
      `known: ${Object.keys(exports).join(', ')}`,
    );
  const { folder, call } = exports[kind as keyof typeof exports];
  const { chosenRuns } = await import('../results/runs.js');
  const rows = chosenRuns(results, where, sort);
  if (rows.length === 0) {
    print('Nothing is written: no run matches.');
    return exitCodes.done;
  }
  const target = output ?? folder;
  let written = rows.length;
  if (kind === 'html') {
    const { comparisonOf, withCurves } = await import('../results/comparison.js');
    const { comparePage } = await import('../../report/live/compare-page.js');
    const comparison = await withCurves(pipeline, store, comparisonOf(pipeline, rows, pareto));
    await writeOutput(target, comparePage(comparison, false));
  } else {
    const write =
      kind === 'mlflow'
        ? (await import('../results/mlflow.js')).writeMlflow
        : (await import('../results/tensorboard.js')).writeTensorboard;
    written = await write(pipeline, store, rows, target);
  }
  if (written === 0) print('Nothing is written: no result has a number.');
  else print(`Wrote ${countOf(written, 'result')}. Look at them: ${call(quote(target))}`);
  return exitCodes.done;
}
