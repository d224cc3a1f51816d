import { callOf } from '../../api/opening/calls.js';
import { cacheSources } from '../../api/opening/config.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { chooseTasks } from '../../api/opening/tasks.js';
import { UserError } from '../../error.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { RunEvent } from '../../run/events.js';
import { CacheTransfer, type Whereabouts } from '../../run/share/cache-transfer.js';
import { openSharing } from '../../run/share/open-sharing.js';
import type { Sharing } from '../../run/share/sharing.js';
import { countOf, duration } from '../../run/views/text.js';
import type { Caution } from '../../store/remote/settings.js';
import { fittedTable } from '../../text/fitted-table.js';
import { jsonText } from '../../text/printable.js';
import { openPipeline } from '../opening/pipeline.js';
import { checkReporter, openView, shownBy } from '../opening/view.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print, printError, printText, terminalWidth } from '../terminal/output.js';
import { interruptedCode, listenForSignals } from '../terminal/signals.js';

export interface CacheOptions extends PipelineOptions {
  readonly json?: boolean;
  readonly reporter?: string;
}

const actions = ['push', 'pull', 'status'];

/** `cache push|pull|status`: carries results to the remote cache and from it, and says where they are. */
export async function cacheCommand(
  action: string,
  file: string | undefined,
  targets: readonly string[],
  options: CacheOptions,
): Promise<number> {
  if (!actions.includes(action))
    throw new UserError(
      'E_USAGE',
      `There is no "cache ${action}".`,
      `known: ${actions.map((one) => `cache ${one}`).join(', ')}`,
    );
  const reporter = checkReporter(options.reporter);
  const pipeline = await openPipeline(file, options);
  const { all: tasks } = chooseTasks(pipeline, targets);
  const store = openStore(options, pipeline);
  let handle: (event: RunEvent) => void = () => undefined;
  const cautions: Caution[] = [];
  const caches = await cacheSources(pipeline, (caution) => cautions.push(caution));
  const sharing = await openSharing(caches, store, (event) => handle(event));
  if (sharing === undefined)
    throw new UserError(
      'E_USAGE',
      'There is no remote cache.',
      'name one: SPIKELINE_REMOTE=URL, or `cache: { remote: URL }` in the file',
    );
  if (action === 'push' && sharing.cache.readOnly)
    throw new UserError('E_USAGE', `The remote cache ${sharing.cache.name} is read-only here.`);
  // Of a transfer that was asked for, trouble with the remote is a failure.
  let trouble = false;
  const view = action === 'status' ? { handle: showWarning, close: async () => undefined } : await openView(reporter);
  if (sharing.caution !== undefined) cautions.push(sharing.caution);
  for (const caution of cautions) view.handle({ event: 'warning', ...caution });
  handle = (event) => {
    trouble ||= event.event === 'warning';
    view.handle(event);
  };
  const transfer = new CacheTransfer(pipeline, store, { tasks, sharing, emit: handle });
  listenForSignals(transfer);
  // What is not there needs no keeping, and may not be made where nothing can be written.
  const inUse = action === 'pull' || store.exists ? await store.beginRun() : undefined;
  try {
    if (action === 'status') await status({ pipeline, tasks, targets, sharing, options }, transfer);
    else {
      const started = performance.now();
      const text = await shownBy(view, (action === 'push' ? push : pull)(transfer, tasks.length));
      const time = duration((performance.now() - started) / 1e3);
      if (reporter !== 'json')
        print(`\n${pipeline.name}: ${text} in ${time}${transfer.interrupted ? ' (interrupted)' : ''}`);
    }
  } finally {
    await inUse?.release();
    await sharing.cache.close();
  }
  if (transfer.interrupted) return interruptedCode();
  return trouble ? exitCodes.failed : exitCodes.done;
}

function showWarning(event: RunEvent): void {
  if (event.event !== 'warning') return;
  printError(event.message);
  if (event.hint !== undefined) printError(`  hint: ${event.hint}`);
}

async function push(transfer: CacheTransfer, tasks: number): Promise<string> {
  const { here, uploaded } = await transfer.push();
  const lacking = here < tasks ? `; ${countOf(tasks - here, 'task')} without a result yet` : '';
  return `${uploaded} of ${countOf(here, 'result')} shared${lacking}`;
}

async function pull(transfer: CacheTransfer, tasks: number): Promise<string> {
  const { here, fetched } = await transfer.pull();
  const lacking = here < tasks ? `, ${tasks - here} can't be fetched: run ${tasks - here === 1 ? 'it' : 'them'}` : '';
  return `${fetched} fetched, ${here - fetched} were here${lacking}`;
}

interface StatusCall {
  readonly pipeline: Pipeline;
  readonly tasks: readonly Task[];
  readonly targets: readonly string[];
  readonly sharing: Sharing;
  readonly options: CacheOptions;
}

const words: Readonly<Record<Whereabouts, string>> = {
  both: 'here and there',
  local: 'only here',
  remote: 'only there',
  neither: 'nowhere',
  unknown: 'unknown',
};

async function status(
  { pipeline, tasks, targets, sharing, options }: StatusCall,
  transfer: CacheTransfer,
): Promise<void> {
  const found = await transfer.whereabouts();
  // It has been said why.
  if (!sharing.cache.readable) return;
  if (options.json === true) {
    print(
      jsonText(
        tasks.map(({ id }) => ({ task: id, place: found.get(id) })),
        2,
      ),
    );
    return;
  }
  const rows = tasks.map(({ id }) => ({ task: id, result: words[found.get(id)!] }));
  print(fittedTable(rows, [{ key: 'task' }, { key: 'result' }], terminalWidth()));
  const { name, readOnly } = sharing.remote;
  const count = (...places: Whereabouts[]) => tasks.filter(({ id }) => places.includes(found.get(id)!)).length;
  const open = count('neither', 'unknown');
  printText(
    `\n${count('both', 'local')} of ${tasks.length} here, ${count('both', 'remote')} in ${name}, ${open} to compute`,
  );
  if (count('remote') > 0) printText(`Fetch ${count('remote')}: ${callOf('cache pull', pipeline, options, targets)}`);
  if (count('local') > 0 && !readOnly)
    printText(`Share ${count('local')}: ${callOf('cache push', pipeline, options, targets)}`);
}
