import { dependenciesOf, withDependencies } from '../../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { TaskResult } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import type { Failure } from '../events.js';
import type { OutputsOf } from '../plan/identity.js';

/**
 * What was written into while a task read it is made again: files of the user's are taken in anew when the task is tried
 * once more, results of other tasks are computed.
 *
 * @param inputs names of the task's inputs that are not in the store any more
 * @param bring brings tasks up to date; what it can't is missing from its results
 * @returns the results that are there again, or why the task has to fail
 */
export async function makeAgain(
  {
    pipeline,
    store,
    tasks,
    outputsOf,
  }: {
    readonly pipeline: Pipeline;
    readonly store: Store;
    /** Those of this run: others can't be computed here. */
    readonly tasks: readonly Task[];
    readonly outputsOf: OutputsOf;
  },
  task: Task,
  inputs: readonly string[],
  bring: (tasks: readonly Task[]) => Promise<ReadonlyMap<TaskId, TaskResult>>,
): Promise<{ readonly results: ReadonlyMap<TaskId, TaskResult> } | { readonly failure: Failure }> {
  const damaged = Object.fromEntries(inputs.map((name) => [name, task.inputs[name]!]));
  const makers: Task[] = [];
  for (const id of dependenciesOf({ ...task, inputs: damaged })) {
    const outputs = Object.values(outputsOf(id) ?? {});
    const here = await Promise.all(outputs.map((artifact) => store.has(artifact)));
    if (here.every(Boolean)) continue;
    const maker = tasks.find((one) => one.id === id);
    // A job of a cluster has only its own: what made the input is another's.
    if (maker === undefined) return { failure: lostFailure(inputs) };
    makers.push(maker);
  }
  if (makers.length === 0) return { results: new Map() };
  const results = await bring(withDependencies(pipeline, makers));
  const failed = makers.find(({ id }) => !results.has(id));
  return failed === undefined ? { results } : { failure: lostFailure(inputs, `${failed.id} could not make it again`) };
}

/** What a task waits for whose inputs others have written into. */
export function repairMessage(inputs: readonly string[]): string {
  const { called, are, were } = wordsFor(inputs);
  return `its ${called} ${were} written into meanwhile, and ${are} made again`;
}

/** What a task is told whose inputs others have written into, so that what it made is not to be used. */
export function lostFailure(inputs: readonly string[], why?: string): Failure {
  const { called, are, they, them } = wordsFor(inputs);
  const message = `Its ${called} ${are} damaged or missing in the store${why === undefined ? '' : `, and ${why}`}.`;
  const hint = `Did a task write into ${them}? Run again: ${they} will be made again.`;
  return { code: 'E_STORE_CORRUPT', message, hint };
}

/** What a task is to do that wants another input than it has. */
export const copyHint = 'Let it copy the input to its output first, and change the copy.';

/** What a task is told that wrote into what others read as well. */
export function writtenFailure(inputs: readonly string[]): Failure {
  const { called, belong, them } = wordsFor(inputs);
  const message = `The task changed its ${called}, which ${belong} to the store and to all that read ${them}.`;
  return { code: 'E_INPUT_WRITTEN', message, hint: copyHint };
}

/** One input, or several, and what goes with that. */
function wordsFor(names: readonly string[]) {
  const quoted = names.map((name) => `"${name}"`);
  const last = quoted.at(-1)!;
  return names.length === 1
    ? { called: `input ${last}`, are: 'is', were: 'was', they: 'it', them: 'it', belong: 'belongs' }
    : {
        ...{ called: `inputs ${quoted.slice(0, -1).join(', ')} and ${last}`, are: 'are', were: 'were' },
        ...{ they: 'they', them: 'them', belong: 'belong' },
      };
}
