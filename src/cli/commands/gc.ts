import { join } from 'node:path';
import { shownPath } from '../../api/opening/calls.js';
import { artifactsFolder } from '../../api/opening/project.js';
import { openStore } from '../../api/opening/store.js';
import { UserError } from '../../error.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import { reachOfRuns } from '../../run/plan/history.js';
import { Planner } from '../../run/plan/planner.js';
import { formatSize, knownUnits, parseSize } from '../../schema/size.js';
import type { GcKind, GcReport } from '../../store/gc.js';
import type { Kept } from '../../store/gc-trees.js';
import { treesIn } from '../../store/gc-trees.js';
import { holderText } from '../../store/lock.js';
import type { Store } from '../../store/store.js';
import type { TaskKey } from '../../store/types.js';
import { openPipeline } from '../opening/pipeline.js';
import { nothingYet } from '../opening/results.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print, printError } from '../terminal/output.js';

export interface GcCommandOptions {
  readonly maxSize?: string;
  readonly dryRun?: boolean;
  readonly artifacts?: string;
}

/** `gc`: removes from the store what nothing reaches. */
export async function gcCommand(files: readonly string[], options: GcCommandOptions): Promise<number> {
  const { maxSize, dryRun = false } = options;
  const maxBytes = maxSize === undefined ? undefined : parseSize(maxSize);
  if (maxSize !== undefined && maxBytes === undefined)
    throw new UserError(
      'E_USAGE',
      `--max-size ${maxSize}: that is not a size.`,
      `such as 10GB; known units: ${knownUnits}`,
    );
  // All files are read before anything is removed: a mistake in one of them must not cost results.
  const pipelines: Pipeline[] = [];
  for (const file of files) pipelines.push(await openPipeline(file, options));
  const store = openStore(options, oneProject(pipelines, options));
  if (!store.exists) {
    printError(nothingYet(store));
    return exitCodes.done;
  }
  const keep: Kept[] = [];
  for (const pipeline of pipelines) keep.push(await keptOf(pipeline, store));
  const report = await store.gc({
    dryRun,
    ...(files.length > 0 ? { keep } : { reachable: reachOfAll(store) }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    onWait: (holder) => printError(`Waiting for another gc (${holderText(holder)}).`),
  });
  print(reportText(report, dryRun, maxBytes));
  return exitCodes.done;
}

/** One of the pipelines, all of which must have the same store: others' results would go. */
function oneProject(pipelines: readonly Pipeline[], { artifacts }: GcCommandOptions): Pipeline | undefined {
  const [first, ...others] = pipelines;
  const folderOf = ({ file }: Pipeline) => artifactsFolder(artifacts, file);
  const other = others.find((pipeline) => folderOf(pipeline) !== folderOf(first!));
  if (other === undefined) return first;
  throw new UserError(
    'E_USAGE',
    `The files use different stores: ${shownPath(folderOf(first!))} and ${shownPath(folderOf(other))}.`,
    'run gc once for each, or choose one with --artifacts',
  );
}

/** What the runs of all pipelines have come to. */
function reachOfAll(store: Store): ReadonlySet<TaskKey> {
  return new Set(treesIn(store.folder).flatMap((tree) => [...reachOfRuns(join(tree, '.runs')).keys]));
}

/**
 * What a pipeline reaches: results that are up to date, what its tree shows, what its runs in other forms have come to,
 * and work it would go on with.
 */
async function keptOf(pipeline: Pipeline, store: Store): Promise<Kept> {
  const plans = await new Planner(pipeline, store).plan();
  // Nobody knows which result is a task's whose key can't be told.
  for (const { trouble } of plans.values()) if (trouble !== undefined) throw trouble;
  const keys = [...plans.values()].flatMap(({ identity }): TaskKey[] => (identity === undefined ? [] : [identity.key]));
  const runs = reachOfRuns(store.published(pipeline.name).runsFolder);
  const tasks = new Set([...pipeline.tasks.map(({ id }) => id), ...runs.tasks]);
  return { pipeline: pipeline.name, tasks, keys: new Set([...keys, ...runs.keys]) };
}

const kinds: Readonly<Record<GcKind, readonly [one: string, many: string]>> = {
  result: ['result', 'results'],
  file: ['file', 'files'],
  state: ["unfinished task's state", "unfinished tasks' states"],
  log: ['log', 'logs'],
  damaged: ['damaged file that was set aside', 'damaged files that were set aside'],
  leftover: ['leftover of a process that is gone', 'leftovers of processes that are gone'],
};

function reportText(
  { removed, reachable, spared, logs, keptBytes }: GcReport,
  dryRun: boolean,
  maxBytes: number | undefined,
): string {
  const lines = removed.filter(({ kind }) => kind === 'result').map(({ name }) => `result  ${name}`);
  if (lines.length > 0) lines.push('');
  const counts = Object.entries(kinds).flatMap(([kind, [one, many]]) => {
    const count = removed.filter((item) => item.kind === kind).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  const freed = removed.reduce((sum, { bytes }) => sum + bytes, 0);
  const done = dryRun ? 'Would remove' : 'Removed';
  if (counts.length === 0) lines.push(`Nothing to remove; ${formatSize(keptBytes)} are kept.`);
  else lines.push(`${done} ${counts.join(', ')}: ${formatSize(freed)}; ${formatSize(keptBytes)} are kept.`);
  const why = [
    ...(spared.reachable > 0 ? [`${spared.reachable} that pipelines or their runs reach`] : []),
    ...(spared.recent > 0 ? [`${spared.recent} used within the last hour, or that a run may be using`] : []),
    ...(spared.foreign > 0 ? [`${spared.foreign} of another version of Spikeline`] : []),
    ...(spared.within > 0 ? [`${spared.within} for which there is room`] : []),
  ];
  if (why.length > 0) lines.push(`Results kept: ${why.join(', ')}.`);
  if (logs.count > 0)
    lines.push(`Besides, ${logs.count} ${logs.count === 1 ? 'log takes' : 'logs take'} ${formatSize(logs.bytes)}.`);
  if (reachable.length > 0)
    lines.push(
      `To get there, ${reachable.length} that are still reachable ${dryRun ? 'would have to go' : 'had to go'}, too.`,
    );
  if (maxBytes !== undefined && keptBytes > maxBytes)
    lines.push(
      `That is still more than ${formatSize(maxBytes)}: the rest is in use, or was used within the last hour.`,
    );
  return lines.join('\n');
}
