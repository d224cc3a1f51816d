import { closeSync, mkdirSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { choosing } from '../../engine/processor-choice.js';
import { UserError } from '../../error.js';
import { inFolder, removeFile } from '../../files/atomic.js';
import { holdBuild } from '../../files/build-use.js';
import { guarded, noSpace } from '../../files/error.js';
import type { Reading } from '../../files/reading.js';
import { removeFolder } from '../../files/remove.js';
import { freeBytes } from '../../files/space.js';
import { openAnew, openToAppend } from '../../files/trust.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { mapFilePaths } from '../../stage/file-path.js';
import { isUserStage, stageFile } from '../../stage/registry.js';
import { runnableCode } from '../../stage/runnable.js';
import type { Store } from '../../store/store.js';
import type { Artifact } from '../../store/types.js';
import { outputsPart, type WorkFolders } from '../../store/work-folders.js';
import type { Failure } from '../events.js';
import { engineOf, type TaskIdentity } from '../plan/identity.js';
import type { Attempt, AttemptListener, AttemptResult } from '../process/attempt.js';
import {
  type CommandCall,
  commandWords,
  type Environment,
  isLongScript,
  type Paths,
  scriptWords,
  shellScript,
} from '../process/command.js';
import { Commands } from '../process/commands.js';
import { LogBound } from '../process/log-bound.js';
import { tailOf } from '../process/log-tail.js';
import { readMetrics } from '../process/metrics.js';
import type { StageResult } from '../process/stage-messages.js';
import { startStage } from '../process/stage-process.js';
import { Inputs, inputsFolder, type LaidOut } from './inputs.js';
import { Outputs, outputPaths } from './outputs.js';
import { copyHint, writtenFailure } from './repair.js';
import type { Granted } from './resources.js';

/** A task that can be executed now. */
export interface Execution extends AttemptListener {
  readonly task: Task;
  readonly identity: TaskIdentity;
  readonly granted: Granted;
  /** From 1 on. */
  readonly attempt: number;
  /** True if it gets copies of its inputs: then it can be told whether it was this task that wrote into them. */
  readonly copies?: boolean;
  /** What becomes of large inputs while they are copied; outputs are only told of. */
  readonly reading?: Reading;
  /** The task's process has ended: what is left to do needs nothing of what was granted. */
  ended(): void;
}

export type ExecutionResult =
  | ({ readonly outputs: Readonly<Record<string, Artifact>> } & StageResult)
  | { readonly failure: Failure }
  /** These inputs are not in the store any more, or not what they were before: whatever came of it is not to be used. */
  | { readonly lost: readonly string[] };

/** What a task has begun with. */
interface Started {
  readonly attempt: Attempt;
  /** The file in which its own code lies beside what it reads and writes, if there is one; it is no result. */
  readonly code?: string | undefined;
}

/** Runs tasks in processes of their own on this machine, each in its own empty folder and its own process group. */
export class TaskRunner {
  readonly #running = new Set<Attempt>();
  readonly #bound = new LogBound();
  readonly #commands = new Commands();
  readonly #inputs: Inputs;
  readonly #outputs: Outputs;
  readonly #work: WorkFolders;
  /** How urgently tasks were asked to end. */
  #aborted: false | 'asked' | 'killed' = false;

  /** @param source the store that inputs are taken from, if it is not that which takes the outputs */
  constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
    source: Store = store,
  ) {
    this.#inputs = new Inputs(source);
    this.#outputs = new Outputs(store, source);
    this.#work = store.workFolders();
  }

  /** Runs a task and takes its outputs into the store. Records are written by the caller, last. */
  async execute(execution: Execution): Promise<ExecutionResult> {
    const result = await this.#execute(execution, this.#commands);
    if (result !== 'ended with others') return result;
    // One of them may have killed the process that ran them all, and is the only one to fail: each is run by itself.
    const alone = new Commands();
    try {
      return (await this.#execute(execution, alone)) as ExecutionResult;
    } finally {
      alone.close();
    }
  }

  async #execute(execution: Execution, commands: Commands): Promise<ExecutionResult | 'ended with others'> {
    const { task } = execution;
    holdBuild('process');
    if (task.action.kind !== 'stage') commands.prepare();
    const folder = await this.#work.take([outputsPart, ...Object.keys(task.inputs).map(inputsFolder)]);
    const work = folder.path;
    const log = this.store.published(this.pipeline.name).logPath(task.id);
    let isDone = false;
    try {
      const outputs = outputPaths(task, work);
      const { identity, copies, reading } = execution;
      const laidOut = await this.#inputs.layOut(task, identity, folder, { mode: copies ? 'copy' : 'link', reading });
      if ('missing' in laidOut) return { lost: laidOut.missing };
      const result = await this.#attempt(execution, commands, work, laidOut.inputs, outputs, log);
      if ('withOthers' in result && !this.#aborted) return 'ended with others';
      execution.ended();
      const changed = this.#aborted ? [] : await laidOut.changed();
      if (changed.length > 0) return copies ? { failure: withLog(writtenFailure(changed), log) } : { lost: changed };
      if ('failure' in result) return { failure: withLog(result.failure, log, work) };
      const taken = await this.#outputs.take(task, work, reading?.tell);
      if ('failure' in taken) return { failure: withLog(taken.failure, log) };
      isDone = true;
      const { metrics, kernels } = result;
      return { ...taken, metrics, ...(kernels === undefined ? {} : { kernels }) };
    } finally {
      if (isDone) this.#work.giveBack(folder);
      else removeFolder(work);
    }
  }

  /** Asks all running tasks to end; a second call kills them. */
  abort(): void {
    this.#aborted = this.#aborted ? 'killed' : 'asked';
    for (const attempt of this.#running) attempt.end(this.#aborted === 'killed');
  }

  /** Lets go what the executor holds; no task may be running. */
  async close(): Promise<void> {
    this.#commands.close();
    await this.#work.close();
  }

  async #attempt(
    execution: Execution,
    commands: Commands,
    work: string,
    inputs: LaidOut['inputs'],
    outputs: Record<string, string>,
    log: string,
  ): Promise<AttemptResult> {
    const { task } = execution;
    const { attempt, code } = await guarded(work, () => this.#start(execution, commands, work, inputs, outputs, log));
    this.#running.add(attempt);
    if (this.#aborted) attempt.end(this.#aborted === 'killed');
    const done = this.#bound.watch(log);
    const result = await withTimeout(attempt, task.timeout).finally(() => {
      done();
      this.#running.delete(attempt);
    });
    // The folder is used again as long as it has nothing more in it than it was made with.
    if (code !== undefined) removeFile(code);
    if ('failure' in result || task.action.kind === 'stage') return result;
    return commandMetrics(outputs.metrics, execution);
  }

  async #start(
    execution: Execution,
    commands: Commands,
    work: string,
    inputs: LaidOut['inputs'],
    outputs: Record<string, string>,
    log: string,
  ): Promise<Started> {
    const { task, identity, granted, attempt } = execution;
    for (const path of Object.values(task.outputs))
      if (path.includes('/')) mkdirSync(dirname(join(work, outputsPart, path)), { recursive: true });
    inFolder(dirname(log), () => beginLog(log, attempt));
    const env = environment(task, granted);
    if (task.action.kind !== 'stage') {
      const { file, ...call } = commandOf(task.action, inputs, outputs, work);
      return { attempt: commands.start({ ...call, cwd: task.folder, env }, log), code: file };
    }
    const { definition, uses } = task.action;
    const code = isUserStage(uses) ? join(work, 'stage.mjs') : undefined;
    if (code !== undefined)
      writeFileSync(code, await runnableCode(stageFile(uses, this.pipeline.folder)), { mode: 0o600 });
    const engine = engineOf(definition, this.pipeline.engine);
    const absolute = (path: string) => resolve(this.pipeline.folder, path);
    const job = {
      artifacts: this.store.folder,
      key: identity.key,
      uses,
      pipelineFolder: this.pipeline.folder,
      folder: task.folder,
      ...(code === undefined ? {} : { module: code }),
      parameters: code === undefined ? task.parameters : mapFilePaths(definition.parameters, task.parameters, absolute),
      inputs,
      outputs,
      threads: granted.cpus,
      ...(engine === undefined ? {} : { engine: engine.name }),
    };
    return { attempt: startStage(job, env, log, execution), code };
  }
}

function beginLog(log: string, attempt: number): void {
  const descriptor = attempt === 1 ? openAnew(log) : openToAppend(log);
  try {
    if (attempt > 1) writeSync(descriptor, `--- attempt ${attempt}\n`);
  } finally {
    closeSync(descriptor);
  }
}

function environment(task: Task, { cpus, gpus }: Granted): Environment {
  const { device, gpu } = task.resources;
  const declared = task.env.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return {
    ...(Object.fromEntries(declared) as Environment),
    SPIKELINE_THREADS: String(cpus),
    ...(gpus.length > 0 ? { CUDA_VISIBLE_DEVICES: gpus.join(',') } : {}),
    ...(device === undefined ? {} : choosing(gpu)),
  };
}

/** @returns `file`: where its script has been put, if it is a long one */
function commandOf(
  action: Exclude<Task['action'], { kind: 'stage' }>,
  inputs: LaidOut['inputs'],
  outputs: Paths,
  work: string,
): Pick<CommandCall, 'words' | 'shell'> & { readonly file?: string } {
  const paths: Paths = Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [name, 'path' in input ? input.path : input.map(({ path }) => path)]),
  );
  if (action.kind === 'command') return { words: commandWords(action.command, paths, outputs) };
  const { shell, script } = action;
  const written = shellScript(script, shell, paths, outputs);
  if (!isLongScript(written)) return { words: scriptWords(shell, written), shell };
  const file = join(work, 'script');
  writeFileSync(file, written, { mode: 0o600 });
  return { words: scriptWords(shell, { file }), shell, file };
}

/** Ends the attempt when its time is up. */
async function withTimeout(attempt: Attempt, seconds: number | undefined): Promise<AttemptResult> {
  if (seconds === undefined) return attempt.done;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    attempt.end(false);
  }, seconds * 1e3);
  const result = await attempt.done.finally(() => clearTimeout(timer));
  if (!late) return result;
  const message = `The task was still running after ${seconds} s, its timeout.`;
  return { failure: { code: 'E_TIMEOUT', message, hint: 'Give it more time with `timeout:`.' } };
}

function commandMetrics(file: string | undefined, listener: AttemptListener): AttemptResult {
  try {
    return { metrics: readMetrics(file, (message) => listener.warn(message)) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { failure: error.toFailure() };
  }
}

/** How programs say that they may not write where inputs lie, which only root may. */
const refusedInput = /^(?=.*\/inputs\.[\w-]+\/).*(?:permission denied|EACCES)/i;

/** With less than this on its disk, a task fails for that, and what it says of it is lost as well: logs are there, too. */
const leastRoom = 64 << 10;

/**
 * A failure with what the task wrote.
 * @param work the task's folder, with all that it has left there
 */
function withLog(failure: Failure, log: string, work?: string): Failure {
  const tail = tailOf(log);
  const isSilent = tail.length === 0 && failure.code === 'E_COMMAND';
  const isFull = work !== undefined && (freeBytes(work) ?? leastRoom) < leastRoom;
  const more = isFull
    ? { hint: `There is no space left on the disk of ${dirname(work)}. ${noSpace}` }
    : isSilent
      ? { hint: 'It wrote nothing.' }
      : tail.some((line) => refusedInput.test(line))
        ? { hint: copyHint }
        : {};
  return { ...more, ...failure, log, ...(tail.length > 0 && { tail }) };
}
