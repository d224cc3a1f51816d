import { join } from 'node:path';
import { removeFile } from '../../files/atomic.js';
import { StoreError } from '../../files/error.js';
import type { Reading } from '../../files/reading.js';
import type { Task } from '../../pipeline/expand/task.js';
import type { InputArtifact } from '../../stage/definition.js';
import type { Store } from '../../store/store.js';
import type { WorkFolder } from '../../store/work-folders.js';
import type { TaskIdentity } from '../plan/identity.js';
import { isList, type ResolvedArtifact } from '../plan/key.js';

/** The folder that an input lies in, in that of an attempt. */
export const inputsFolder = (name: string): string => `inputs.${name}`;

type TaskInputs = Readonly<Record<string, InputArtifact | readonly InputArtifact[]>>;

/** What a task finds in its folder. */
export interface LaidOut {
  readonly inputs: TaskInputs;
  /** Names of the inputs that are not any more what they were: somebody wrote into them. */
  changed(): Promise<readonly string[]>;
}

/**
 * Puts the inputs of tasks where they can read them: as links to what is in the store, or as copies. Who is root can
 * write through a link, whatever its mode; then all who read meanwhile have read something else.
 */
export class Inputs {
  constructor(readonly store: Store) {}

  /**
   * @param work has a folder for each input
   * @param how.reading what becomes of large ones, while they are copied
   * @returns names of inputs that are not in the store, if there are any
   */
  async layOut(
    task: Task,
    identity: TaskIdentity,
    work: Pick<WorkFolder, 'path' | 'links'>,
    { mode, reading }: { readonly mode: 'link' | 'copy'; readonly reading?: Reading | undefined },
  ): Promise<LaidOut | { readonly missing: readonly string[] }> {
    const inputs: Record<string, InputArtifact | readonly InputArtifact[]> = {};
    const watched: { readonly name: string; isSame(): Promise<boolean> }[] = [];
    const missing: string[] = [];
    const put = async (name: string, resolved: ResolvedArtifact, isLinked = false): Promise<InputArtifact> => {
      const { artifact, source, axes, labels } = resolved;
      const path = join(work.path, inputsFolder(name), resolved.name);
      if (source !== undefined) await this.store.ingestExpected(source, artifact, reading);
      const what = `The input "${name}" of ${task.id}`;
      watched.push({ name, isSame: await this.store.materialise(artifact, path, { mode, what, isLinked, reading }) });
      return { path, axes, labels };
    };
    for (const [name, input] of Object.entries(identity.inputs))
      try {
        // A link of the task before may be right. No folder for each item: to remove ten thousand takes seconds.
        const stays = !isList(input) && input.artifact.kind === 'file' && mode === 'link';
        const isLinked = clearLinks(work, inputsFolder(name), stays ? input.name : undefined);
        if (isList(input)) {
          inputs[name] = await Promise.all(input.map((item) => put(name, item)));
          continue;
        }
        const single = await put(name, input, isLinked);
        // A file of the user's where the stage takes a list is a list of one.
        const wantsList = task.action.kind === 'stage' && task.action.definition.inputs[name]?.list === true;
        inputs[name] = wantsList ? [single] : single;
      } catch (error) {
        if (!(error instanceof StoreError) || !['E_STORE_MISSING', 'E_STORE_CORRUPT'].includes(error.code)) throw error;
        missing.push(name);
      }
    if (missing.length > 0) return { missing };
    return {
      inputs,
      changed: async () => {
        const names = new Set<string>();
        for (const { name, isSame } of watched) if (!(await isSame())) names.add(name);
        return [...names];
      },
    };
  }
}

/** Removes links of an earlier task from a part. True if there is one of the name that is to stay. */
function clearLinks(
  { path, links }: Pick<WorkFolder, 'path' | 'links'>,
  part: string,
  stay: string | undefined,
): boolean {
  const names = links.get(part) ?? [];
  for (const name of names) if (name !== stay) removeFile(`${path}/${part}/${name}`);
  return stay !== undefined && names.includes(stay);
}
