import { readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { guarded, StoreError, systemCode } from '../../files/error.js';
import type { Reading } from '../../files/reading.js';
import type { Task } from '../../pipeline/expand/task.js';
import type { Store } from '../../store/store.js';
import type { Artifact } from '../../store/types.js';
import { outputsPart } from '../../store/work-folders.js';
import type { Failure } from '../events.js';

/** An output that is there. */
interface Found {
  readonly name: string;
  /** Where the task was to write it. */
  readonly path: string;
  /** True if it leads to something else that the task has made, or was given. */
  readonly isLinked: boolean;
}

/** Where a task is to write its outputs. @param work its folder */
export function outputPaths(task: Task, work: string): Record<string, string> {
  return Object.fromEntries(Object.entries(task.outputs).map(([name, path]) => [name, join(work, outputsPart, path)]));
}

/**
 * Takes what tasks have made into the store. What lies in a task's own folder is moved there. What it links to is
 * copied, if that is its own or one of its inputs, and refused if it is anybody else's: to move that would take it away
 * from them, and to copy it would make a result of what no key knows of.
 */
export class Outputs {
  /** Of the folder with the folders of tasks: the real path. */
  #folders: string | undefined;

  /** @param source the store that inputs are taken from */
  constructor(
    readonly store: Store,
    readonly source: Store,
  ) {}

  /**
   * @param work the task's folder
   * @param tell is told how far large ones are. They are not given up: to make them took longer than to keep them.
   */
  async take(
    task: Task,
    work: string,
    tell: Reading['tell'],
  ): Promise<{ readonly outputs: Readonly<Record<string, Artifact>> } | { readonly failure: Failure }> {
    const told = (name: string) => (error: unknown) => {
      throw inWords(error, name, work);
    };
    const found: Found[] = [];
    for (const [name, path] of Object.entries(outputPaths(task, work))) {
      const one = await this.#find(task, work, name, path).catch(told(name));
      if ('failure' in one) return one;
      found.push(one);
    }
    const artifacts: Record<string, Artifact> = {};
    const reading = tell === undefined ? {} : { tell };
    const keep = async ({ name, path, isLinked }: Found) => {
      artifacts[name] = await (isLinked ? this.store.ingest(path, reading) : this.store.adopt(path, reading)).catch(
        told(name),
      );
    };
    // What they lead to may be another output, which is gone from here once that is taken.
    for (const one of found) if (one.isLinked) await keep(one);
    for (const one of found) if (!one.isLinked) await keep(one);
    return { outputs: Object.fromEntries(found.map(({ name }) => [name, artifacts[name]!])) };
  }

  #find(task: Task, work: string, name: string, path: string): Promise<Found | { readonly failure: Failure }> {
    return guarded(path, async () => {
      const real = realPath(path);
      if (real === undefined) return { failure: missingOutput(task, name, path) };
      this.#folders ??= realpathSync.native(dirname(work));
      const own = join(this.#folders, basename(work));
      if (real === join(own, outputsPart, task.outputs[name]!)) return { name, path, isLinked: false };
      const given = realPath(this.source.blobs.folder);
      if ([own, given].some((folder) => folder !== undefined && real.startsWith(folder + sep)))
        return { name, path, isLinked: true };
      return { failure: foreignOutput(task, name, real) };
    });
  }
}

/** Undefined where there is nothing. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** An error about an output, with its name. The folder that the task worked in is gone soon: nobody can look there. */
function inWords(error: unknown, name: string, work: string): unknown {
  if (!(error instanceof StoreError)) return error;
  const message = error.message.replaceAll(`${join(work, outputsPart)}${sep}`, '');
  return new StoreError(error.code, `Its output "${name}" can't be kept: ${message}`, error.hint, { cause: error });
}

/** An output behind a link to what is neither the task's own nor one of its inputs. */
function foreignOutput(task: Task, name: string, real: string): Failure {
  return {
    code: 'E_STORE_LINK',
    message: `The output "${name}" (${task.outputs[name]}) is a symbolic link, or lies behind one, to ${real}, which the task has neither made nor been given.`,
    hint: 'Copy it there (`cp -rL`), and declare what is copied as an input.',
  };
}

/** An output that can't be read as one: nothing is at `path`, or a link that leads nowhere. */
function missingOutput(task: Task, name: string, path: string): Failure {
  const target = linkTarget(path);
  if (target !== undefined)
    return {
      code: 'E_OUTPUT_MISSING',
      message: `The output "${name}" (${task.outputs[name]}) is a symbolic link to ${target}, which does not exist.`,
      hint: "A link's relative target is looked for beside the link: write the file itself.",
    };
  const message = `The task ended, but its output "${name}" (${task.outputs[name]}) is not there.`;
  const hint =
    task.action.kind === 'stage'
      ? 'The stage must write all outputs it declares.'
      : `Write it to \${{ outputs.${name} }}.`;
  return { code: 'E_OUTPUT_MISSING', message, hint };
}

/** Where a symbolic link leads; undefined where there is none. */
function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
