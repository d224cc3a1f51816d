import { callOf } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { UserError } from '../../error.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import { compareStates, presentState, type RunState, stateOfRun } from '../../run/explain/compare.js';
import { runsOf, sameTasks } from '../../run/plan/history.js';
import type { RunNote } from '../../run/plan/history-note.js';
import { moment } from '../../run/views/text.js';
import type { Store } from '../../store/store.js';
import { fittedTable } from '../../text/fitted-table.js';
import { jsonText } from '../../text/printable.js';
import type { Cell } from '../../text/table.js';
import { comparisonText } from '../explain/comparison.js';
import { openPipeline } from '../opening/pipeline.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print, printErrorText, printText, terminalWidth } from '../terminal/output.js';

export interface DiffOptions extends PipelineOptions {
  readonly list?: boolean;
  readonly json?: boolean;
}

/** `diff`: what changed between two runs, or between a run and the pipeline as it is now. */
export async function diffCommand(
  file: string,
  from: string | undefined,
  to: string | undefined,
  options: DiffOptions,
): Promise<number> {
  const pipeline = await openPipeline(file, options);
  const store = openStore(options, pipeline);
  if (options.list === true) return listRuns(pipeline, store, options);
  const names = from === undefined ? await lastTwo(pipeline, store) : ([from, to ?? 'now'] as const);
  if (names === undefined) {
    if (options.json === true) print(jsonText(null));
    (options.json === true ? printErrorText : printText)(
      `There are no two runs that differ. Compare with the pipeline as it is now: ${callOf('diff', pipeline, options, ['RUN', 'now'])}`,
    );
    return exitCodes.done;
  }
  const [a, b] = await Promise.all(names.map((name) => findSide(name, pipeline, store, options)));
  const stages = await compareStates(pipeline, a!.side, b!.side);
  if (options.json === true) print(jsonText({ from: a!.about, to: b!.about, stages }, 2));
  else print(`${a!.title} → ${b!.title}\n\n${comparisonText(stages, names)}`);
  return exitCodes.done;
}

/** The newest run, and the newest before it that had other keys. */
async function lastTwo({ name }: Pipeline, store: Store): Promise<readonly [string, string] | undefined> {
  let newest: RunNote | undefined;
  for await (const run of runsOf(store, name)) {
    newest ??= run;
    if (!sameTasks(run.tasks, newest.tasks)) return [String(run.run), String(newest.run)];
  }
  return undefined;
}

interface NamedSide {
  readonly title: string;
  readonly about: Omit<RunNote, 'tasks' | 'type'> | 'now';
  readonly side: RunState;
}

async function findSide(name: string, pipeline: Pipeline, store: Store, options: DiffOptions): Promise<NamedSide> {
  if (name === 'now') return { title: 'now', about: 'now', side: await presentState(pipeline, store) };
  for await (const note of runsOf(store, pipeline.name)) {
    if (String(note.run) !== name) continue;
    const call = callText(note);
    const title = `run ${name} (${moment(note.finishedAt)}${call === '' ? '' : `, ${call}`})`;
    const { tasks: _, type: __, ...about } = note;
    return { title, about, side: stateOfRun(store, note) };
  }
  throw new UserError(
    'E_USAGE',
    `${pipeline.name} has no run "${name}".`,
    `its runs: ${callOf('diff', pipeline, options)} --list; the pipeline as it is now: now`,
  );
}

/** What a run was called with: `--set epochs=2 --profile smoke ann`. */
function callText({ set = [], profile, engine, targets = [], interrupted }: RunNote): string {
  const options = [
    ...set.map((one) => `--set ${one}`),
    ...(profile === undefined ? [] : [`--profile ${profile}`]),
    ...(engine === undefined ? [] : [`--engine ${engine}`]),
  ];
  return [...options, ...targets, ...(interrupted ? ['interrupted'] : [])].join(' ');
}

async function listRuns(pipeline: Pipeline, store: Store, options: DiffOptions): Promise<number> {
  const rows: Record<string, Cell>[] = [];
  for await (const note of runsOf(store, pipeline.name)) {
    const count = (status: string) => Object.values(note.tasks).filter((task) => task.status === status).length;
    rows.unshift({
      ...{ run: note.run, finished: options.json === true ? note.finishedAt : moment(note.finishedAt) },
      ...{ ran: count('ran'), cached: count('cached'), failed: count('failed'), skipped: count('skipped') },
      call: callText(note),
    });
  }
  if (options.json === true) print(jsonText(rows, 2));
  else if (rows.length === 0) printText(`No runs yet. Run it first: ${callOf('run', pipeline, options)}`);
  else {
    const keys = ['run', 'finished', 'ran', 'cached', 'failed', 'skipped', 'call'];
    print(
      fittedTable(
        rows,
        keys.map((key) => ({ key })),
        terminalWidth(),
      ),
    );
  }
  return exitCodes.done;
}
