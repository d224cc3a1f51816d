import { join } from 'node:path';
import type { Task } from '../pipeline/task.js';
import type { InputArtifact } from '../stage/definition.js';
import type { Store } from '../store/store.js';
import { clearLinks } from '../store/work-folders.js';
import { isList, type ResolvedArtifact } from './key.js';
import type { TaskIdentity } from './plan.js';

/** The folder that an input lies in, in that of an attempt. */
export const inputsFolder = (name: string): string => `inputs.${name}`;

/** Puts the inputs of tasks where they can read them, as links to what is in the store. */
export class Inputs {
  constructor(readonly store: Store) {}

  /** @param folder has a folder for each input */
  async materialise(
    task: Task,
    identity: TaskIdentity,
    folder: string,
  ): Promise<Readonly<Record<string, InputArtifact | readonly InputArtifact[]>>> {
    const inputs: Record<string, InputArtifact | readonly InputArtifact[]> = {};
    for (const [name, input] of Object.entries(identity.inputs)) {
      const put = async (resolved: ResolvedArtifact, path: string): Promise<InputArtifact> => {
        if (resolved.source !== undefined) await this.store.ingestExpected(resolved.source, resolved.artifact);
        await this.store.materialise(resolved.artifact, path, 'link', `The input "${name}" of ${task.id}`);
        return { path, axes: resolved.axes, labels: resolved.labels };
      };
      const part = join(folder, inputsFolder(name));
      if (isList(input)) {
        clearLinks(part);
        // No folder for each: to remove ten thousand takes seconds.
        inputs[name] = await Promise.all(input.map((item) => put(item, join(part, item.name))));
        continue;
      }
      clearLinks(part, input.artifact.kind === 'file' ? input.name : undefined);
      const single = await put(input, join(part, input.name));
      // A file of the user's where the stage takes a list is a list of one.
      const wantsList = task.action.kind === 'stage' && task.action.definition.inputs[name]?.list === true;
      inputs[name] = wantsList ? [single] : single;
    }
    return inputs;
  }
}
