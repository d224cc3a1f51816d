import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildFolder } from '../paths.js';
import type { Pipeline, Task } from '../pipeline/task.js';
import type { InputArtifact, Metrics, Progress } from '../stage/definition.js';
import { guarded } from '../store/error.js';
import type { Store } from '../store/store.js';
import type { Artifact } from '../store/types.js';
import { commandWords, type Paths, shellScript } from './command.js';
import type { Failure } from './events.js';
import type { FromTask, Job, ToTask } from './job.js';
import type { ResolvedArtifact, ResolvedInput } from './key.js';
import type { TaskIdentity } from './plan.js';

/** A task that can be executed now. */
export interface Execution {
  readonly task: Task;
  readonly identity: TaskIdentity;
  readonly cpus: number;
  progress(progress: Progress): void;
  log(line: string): void;
}

export type ExecutionResult =
  | { readonly outputs: Readonly<Record<string, Artifact>>; readonly metrics: Metrics }
  | { readonly failure: Failure };

/** How long what a command started may live on after it. (The dead count, too, where nobody collects them.) */
const graceMs = 2000;

/** Runs tasks in processes of their own on this machine, each in its own empty folder and its own process group. */
export class LocalExecutor {
  readonly #running = new Set<ChildProcess>();
  /** How urgently tasks were asked to end. */
  #aborted: false | 'asked' | 'killed' = false;

  constructor(
    readonly pipeline: Pipeline,
    readonly store: Store,
  ) {}

  /** Runs a task and takes its outputs into the store. Records are written by the caller, last. */
  async execute(execution: Execution): Promise<ExecutionResult> {
    const { task } = execution;
    const work = await this.store.workFolder();
    const log = this.store.logPath(this.pipeline.name, task.id);
    try {
      const job = await guarded(work, () => this.#prepare(execution, work));
      const result = await this.#spawn(job, execution, log);
      if ('failure' in result) return { failure: { ...result.failure, log } };
      const outputs: Record<string, Artifact> = {};
      for (const [name, path] of Object.entries(job.outputs)) {
        if (!existsSync(path)) return { failure: missingOutput(task, name, log) };
        outputs[name] = await this.store.ingest(path);
      }
      return { outputs, metrics: result.metrics };
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  /** Asks all running tasks to end; a second call kills them. */
  abort(): void {
    this.#aborted = this.#aborted ? 'killed' : 'asked';
    for (const child of this.#running) {
      if (this.#aborted === 'killed') killGroup(child.pid);
      else if (child.connected) child.send({ type: 'abort' } satisfies ToTask);
    }
  }

  /** Waits for what a task's command started: asked to end, too, it may need a moment more than the command itself. */
  async #groupEnd(pid: number | undefined): Promise<void> {
    const end = performance.now() + graceMs;
    while (this.#aborted === 'asked' && groupExists(pid) && performance.now() < end) await sleep(20);
  }

  async #prepare({ task, identity, cpus }: Execution, work: string): Promise<Job> {
    const outputs: Record<string, string> = {};
    for (const [name, path] of Object.entries(task.outputs)) {
      outputs[name] = join(work, 'outputs', path);
      await mkdir(dirname(outputs[name]), { recursive: true });
    }
    await mkdir(join(work, 'outputs'), { recursive: true });
    const inputs: Record<string, InputArtifact | readonly InputArtifact[]> = {};
    for (const [name, input] of Object.entries(identity.inputs))
      inputs[name] = await this.#materialise(task, name, input, join(work, 'inputs', name));
    const paths = Object.fromEntries(
      Object.entries(inputs).map(([name, input]) => [
        name,
        Array.isArray(input) ? input.map(({ path }) => path as string) : (input as InputArtifact).path,
      ]),
    );
    return {
      artifacts: this.store.folder,
      key: identity.key,
      action: actionOf(task, paths, outputs),
      pipelineFolder: this.pipeline.folder,
      parameters: task.parameters,
      inputs,
      outputs,
      threads: cpus,
      env: Object.fromEntries(
        task.env.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
      ),
    };
  }

  async #materialise(task: Task, name: string, input: ResolvedInput, folder: string) {
    const source = task.inputs[name]!;
    const put = async (resolved: ResolvedArtifact, place: string, file: string): Promise<InputArtifact> => {
      const path = join(place, file);
      await mkdir(place, { recursive: true });
      if (resolved.source !== undefined) await this.store.ingestExpected(resolved.source, resolved.artifact);
      await this.store.materialise(resolved.artifact, path, 'link', `The input "${name}" of ${task.id}`);
      return { path, axes: resolved.axes, labels: resolved.labels };
    };
    if (!isList(input)) {
      const file =
        source.kind === 'file' ? basename(source.path) : this.#outputFile(source as { task: string; output: string });
      const single = await put(input, folder, file);
      // A file of the user's where the stage takes a list is a list of one.
      const wantsList = task.action.kind === 'stage' && task.action.definition.inputs[name]?.list === true;
      return wantsList ? [single] : single;
    }
    const items = source.kind === 'list' ? source.items : [];
    return Promise.all(
      input.map((item, i) => put(item, join(folder, String(i).padStart(4, '0')), this.#outputFile(items[i]!))),
    );
  }

  #files: Map<string, string> | undefined;

  /** File name of a task's output, so that inputs keep their endings. */
  #outputFile({ task, output }: { readonly task: string; readonly output: string }): string {
    this.#files ??= new Map(
      this.pipeline.tasks.flatMap(({ id, outputs }) =>
        Object.entries(outputs).map(([name, path]) => [`${id} ${name}`, basename(path)]),
      ),
    );
    return this.#files.get(`${task} ${output}`) ?? output;
  }

  async #spawn(
    job: Job,
    { progress, log }: Execution,
    logPath: string,
  ): Promise<{ readonly metrics: Metrics } | { readonly failure: Failure }> {
    // Loaded here, because a run that finds everything cached does not need it.
    const { execa } = await import('execa');
    const file = await guarded(logPath, async () => {
      await mkdir(dirname(logPath), { recursive: true });
      return open(logPath, 'w');
    });
    try {
      const child = execa(process.execPath, [join(buildFolder, 'task.js')], {
        ipc: true,
        // Messages are handled here one by one; execa need not keep them.
        buffer: false,
        stdin: 'ignore',
        // The log's descriptor, which outlives this process; execa's types leave numbers out.
        stdout: file.fd as unknown as 'inherit',
        stderr: file.fd as unknown as 'inherit',
        // Its own process group: Ctrl-C reaches this process alone, which then ends its tasks in order.
        detached: true,
        reject: false,
      });
      const handle = child as unknown as ChildProcess;
      this.#running.add(handle);
      let result: { readonly metrics: Metrics } | { readonly failure: Failure } | undefined;
      child.on('message', (message: FromTask) => {
        if (message.type === 'progress') progress(message.progress);
        else if (message.type === 'log') log(message.line);
        else result = message.type === 'done' ? { metrics: message.metrics } : { failure: message.failure };
      });
      child.send({ type: 'job', job } satisfies ToTask);
      if (this.#aborted) child.send({ type: 'abort' } satisfies ToTask);
      const { exitCode, signal } = await child;
      await this.#groupEnd(child.pid);
      this.#running.delete(handle);
      killGroup(child.pid);
      if (result !== undefined) return result;
      if (this.#aborted) return { failure: { code: 'E_INTERRUPTED', message: 'The task was interrupted.' } };
      return { failure: diedFailure(exitCode, signal) };
    } finally {
      await file.close();
    }
  }
}

function isList(input: ResolvedInput): input is readonly ResolvedArtifact[] {
  return Array.isArray(input);
}

function actionOf({ action }: Task, inputs: Paths, outputs: Paths): Job['action'] {
  switch (action.kind) {
    case 'stage':
      return { kind: 'stage', uses: action.uses };
    case 'command':
      return { kind: 'command', words: commandWords(action.command, inputs, outputs) };
    case 'shell':
      return { kind: 'shell', script: shellScript(action.script, inputs, outputs) };
  }
}

function missingOutput(task: Task, name: string, log: string): Failure {
  const message = `The task ended, but its output "${name}" (${task.outputs[name]}) is not there.`;
  const hint =
    task.action.kind === 'stage'
      ? 'The stage must write all outputs it declares.'
      : `Write it to \${{ outputs.${name} }}.`;
  return { code: 'E_OUTPUT_MISSING', message, hint, log };
}

/** The task's process ended without a word. */
function diedFailure(exitCode: number | undefined, signal: string | undefined): Failure {
  const code = 'E_TASK_DIED';
  if (signal === undefined) {
    const message = `The task's process ended with exit code ${exitCode ?? '?'} before the task was done.`;
    return { code, message, hint: 'The log may say why.' };
  }
  const message = `The task's process was ended by ${signal}.`;
  return { code, message, hint: 'Was it killed, or out of memory? The log may say more.' };
}

function groupExists(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

/** Ends what a task's process group still holds. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left of the group.
  }
}
