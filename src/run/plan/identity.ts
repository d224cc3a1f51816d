import { basename, relative, resolve } from 'node:path';
import type { Engine } from '../../engine/engine.js';
import { engineFor } from '../../engine/engines.js';
import { StoreError } from '../../files/error.js';
import { after, type MaybePromise } from '../../files/maybe-promise.js';
import type { Reading } from '../../files/reading.js';
import type { Pipeline, Task, TaskInput } from '../../pipeline/expand/task.js';
import type { StageDefinition } from '../../stage/definition.js';
import { currentFingerprint, engineFingerprint, stageFingerprint } from '../../stage/fingerprint.js';
import type { Store } from '../../store/store.js';
import type { Artifact, KeyParts, TaskKey } from '../../store/types.js';
import type { Digest, TaskId } from '../../values.js';
import { buildKeyParts, keyOf, parameterFiles, type ResolvedArtifact, type ResolvedInput } from './key.js';

/** A task whose inputs are known. */
export interface TaskIdentity {
  readonly key: TaskKey;
  readonly parts: KeyParts;
  readonly inputs: Readonly<Record<string, ResolvedInput>>;
  /** Digests of the stage's source files, for the record; commands have none. */
  readonly code?: Readonly<Record<string, string>>;
}

/** What a task is made from, and the files that its stage names. */
export interface Identified {
  readonly identity: TaskIdentity;
  readonly files: readonly string[];
}

/** The outputs of a task that is done, by name; undefined while it is not. */
export type OutputsOf = (task: TaskId) => Readonly<Record<string, Artifact>> | undefined;

type Inputs = Readonly<Record<string, ResolvedInput>>;

/** What becomes of reading that takes long, to know what is in a large file. */
export interface LongReading {
  /** Gives it up: who waits for it gets the signal's reason. */
  readonly signal?: AbortSignal;
  /** Is told now and then how far it is, once it has taken three seconds. */
  tell?(task: TaskId, message: string): void;
}

/** The same for one task. */
export function readingFor({ signal, tell }: LongReading, task: TaskId): Reading {
  if (tell === undefined) return signal === undefined ? {} : { signal };
  const told = (message: string) => tell(task, message);
  return signal === undefined ? { tell: told } : { signal, tell: told };
}

/** Tells what tasks are made from, the outputs of all tasks before them being known. */
export class Identifier {
  readonly #pipeline: Pipeline;
  readonly #store: Store;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #tasks: ReadonlyMap<TaskId, Task>;
  readonly #reading: LongReading;

  /** @param env the environment that declared variables are taken from */
  constructor(
    pipeline: Pipeline,
    store: Store,
    env: Readonly<Record<string, string | undefined>>,
    reading: LongReading = {},
  ) {
    this.#reading = reading;
    this.#pipeline = pipeline;
    this.#store = store;
    this.#env = env;
    this.#tasks = new Map(pipeline.tasks.map((task) => [task.id, task]));
  }

  /** @throws StoreError `E_INPUT_MISSING`, `E_INPUT_CHANGED` for file inputs; UserError for mistakes in a user's stage */
  identify(task: Task, outputsOf: OutputsOf): MaybePromise<Identified> {
    return after(this.#inputsOf(task, outputsOf), (inputs) => this.#identifyWith(task, inputs, stageFingerprint));
  }

  /** What a task that was identified before would be made from now, with the same outputs of the tasks before it. */
  async identifyAgain(task: Task, before: TaskIdentity): Promise<Identified> {
    const inputs = { ...before.inputs };
    for (const [name, input] of Object.entries(task.inputs))
      if (input.kind === 'file') inputs[name] = await this.#resolveFile(task, input.path);
    return this.#identifyWith(task, inputs, currentFingerprint);
  }

  #inputsOf(task: Task, outputsOf: OutputsOf): MaybePromise<Inputs> {
    const inputs: Record<string, ResolvedInput> = {};
    for (const [name, input] of Object.entries(task.inputs)) {
      if (input.kind === 'file') return this.#inputsWithFiles(task, outputsOf);
      inputs[name] = this.#resolveMade(input, outputsOf);
    }
    return inputs;
  }

  async #inputsWithFiles(task: Task, outputsOf: OutputsOf): Promise<Inputs> {
    const inputs: Record<string, ResolvedInput> = {};
    for (const [name, input] of Object.entries(task.inputs))
      inputs[name] =
        input.kind === 'file' ? await this.#resolveFile(task, input.path) : this.#resolveMade(input, outputsOf);
    return inputs;
  }

  #identifyWith(task: Task, inputs: Inputs, fingerprintOf: typeof stageFingerprint): MaybePromise<Identified> {
    const { action } = task;
    if (action.kind === 'stage') return this.#identifyStage(task, action, inputs, fingerprintOf);
    const parts = buildKeyParts(task, { inputs, env: this.#env, files: [] });
    return { identity: { key: keyOf(parts), parts, inputs }, files: [] };
  }

  async #identifyStage(
    task: Task,
    { definition, uses }: Extract<Task['action'], { kind: 'stage' }>,
    inputs: Inputs,
    fingerprintOf: typeof stageFingerprint,
  ): Promise<Identified> {
    const code = await fingerprintOf(uses, this.#pipeline.folder);
    const engine = engineOf(definition, this.#pipeline.engine);
    const { paths, digests } = await this.#namedFiles(task);
    const parts = buildKeyParts(task, {
      inputs,
      fingerprint: code.fingerprint,
      ...(engine === undefined ? {} : { engine: await engineFingerprint(engine, task.resources.gpu) }),
      env: this.#env,
      files: digests,
    });
    return { identity: { key: keyOf(parts), parts, inputs, code: code.files }, files: paths };
  }

  #resolveMade(input: Exclude<TaskInput, { kind: 'file' }>, outputsOf: OutputsOf): ResolvedInput {
    if (input.kind === 'output') {
      const { artifact, name } = this.#made(input.task, input.output, outputsOf);
      return { artifact, name, axes: {}, labels: {} };
    }
    return input.items.map(({ task, output }, index) => {
      const { artifact, name } = this.#made(task, output, outputsOf);
      const { axes, labels } = this.#tasks.get(task)!;
      return { artifact, name: `${String(index).padStart(4, '0')}-${name}`, axes, labels };
    });
  }

  /** Inputs keep the endings of what they are made as. */
  #made(id: TaskId, output: string, outputsOf: OutputsOf): { readonly artifact: Artifact; readonly name: string } {
    const artifact = outputsOf(id)?.[output];
    if (artifact === undefined) throw new TypeError(`${id} has no output "${output}"`);
    const path = this.#tasks.get(id)?.outputs[output] ?? output;
    return { artifact, name: /[/\\]/.test(path) ? basename(path) : path };
  }

  async #resolveFile({ id }: Task, path: string): Promise<ResolvedArtifact> {
    const source = resolve(this.#pipeline.folder, path);
    return { artifact: await this.#describe(id, source), name: basename(source), source, axes: {}, labels: {} };
  }

  #describe(task: TaskId, path: string): Promise<Artifact> {
    return this.#store.describe(path, readingFor(this.#reading, task));
  }

  /** Files that the stage names itself. One that is not there has no content: the stage will say what it thinks of it. */
  async #namedFiles(task: Task): Promise<{ paths: readonly string[]; digests: readonly Digest[] }> {
    const { action, parameters } = task;
    const told =
      action.kind === 'stage' ? ((await action.definition.files?.(parameters, this.#pipeline.folder)) ?? []) : [];
    const named = [...told, ...parameterFiles(task)];
    const paths: string[] = [];
    const digests: Digest[] = [];
    for (const path of named) {
      const absolute = resolve(this.#pipeline.folder, path);
      try {
        digests.push((await this.#describe(task.id, absolute)).digest);
        paths.push(relative(this.#pipeline.folder, absolute).startsWith('..') ? absolute : path);
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'E_INPUT_MISSING') throw error;
      }
    }
    return { paths, digests };
  }
}

/** The engine that a stage computes with, if any. */
export function engineOf({ usesEngine }: StageDefinition, chosen: string | undefined): Engine | undefined {
  return usesEngine && engineFor(usesEngine, chosen);
}
