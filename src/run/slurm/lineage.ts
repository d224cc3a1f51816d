import type { Task } from '../../pipeline/expand/task.js';
import type { Artifact } from '../../store/types.js';
import type { Digest, TaskId } from '../../values.js';
import type { TaskIdentity } from '../plan/identity.js';
import type { Planner } from '../plan/planner.js';
import type { Lineage } from './files.js';

/** The makers of a task's inputs. */
export type MakerOf = (id: TaskId) => { readonly task: Pick<Task, 'outputs'>; readonly lineage: Lineage };

/**
 * A task's lineage, what it is the hash of, and the files that its stage names: its identity, were the outputs of the
 * tasks before it named by where they come from, and not by what they hold.
 *
 * @throws StoreError, UserError as the planner does
 */
export async function lineageOf(
  planner: Planner,
  task: Task,
  makerOf: MakerOf,
): Promise<{ readonly lineage: Lineage; readonly identity: TaskIdentity; readonly files: readonly string[] }> {
  const outputsOf = (id: TaskId) => {
    const { task: maker, lineage } = makerOf(id);
    const entries = Object.keys(maker.outputs).map((output): [string, Artifact] => [
      output,
      { kind: 'file', digest: `${lineage}/${output}` as Digest, size: 0 },
    ]);
    return Object.fromEntries(entries);
  };
  const { identity, files } = await planner.identify(task, outputsOf);
  return { lineage: identity.key as string as Lineage, identity, files };
}
