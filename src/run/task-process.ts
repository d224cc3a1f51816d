// Entry of a task's own process: told its job by its parent, it runs one stage or command and reports.

import { type Metrics, type Progress, type StageContext, StageError } from '../stage/definition.js';
import { StoreError } from '../store/error.js';
import { Store } from '../store/store.js';
import { readMetrics, runCommand } from './command.js';
import type { FromTask, Job, ToTask } from './job.js';

const progressMs = 200;
const controller = new AbortController();

/** Sends a message; resolves when it is out, so that the last one is not lost at exit. */
function send(message: FromTask): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, undefined, {}, () => resolve());
    else resolve();
  });
}

/** Ends this whole process group, whatever a command started in it. */
function endGroup(): never {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    // Not the leader of a group: this process alone ends.
  }
  process.exit(1);
}

// The parent is gone, even by kill -9: nobody wants the result, and nothing may be left running.
process.on('disconnect', endGroup);
// Whoever asks the group to end asks the command; this process ends when that has.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort());
process.on('message', (message: ToTask) => {
  if (message.type === 'abort') controller.abort();
  else void perform(message.job);
});

async function perform(job: Job): Promise<void> {
  let message: FromTask;
  try {
    message = { type: 'done', metrics: await run(job) };
  } catch (error) {
    if (!(error instanceof StageError)) console.error(error);
    message = { type: 'failed', failure: describe(error) };
  }
  await send(message);
  process.exit(0);
}

async function run(job: Job): Promise<Metrics> {
  const { action, pipelineFolder, env, threads, inputs, outputs } = job;
  if (action.kind !== 'stage') {
    const words = action.kind === 'command' ? action.words : action.script;
    await runCommand(words, { cwd: pipelineFolder, env, threads, signal: controller.signal });
    return readMetrics(outputs.metrics);
  }
  // Loaded here, because commands do not need it.
  const { resolveStage } = await import('../stage/load.js');
  const definition = await resolveStage(action.uses, pipelineFolder);
  if ('error' in definition) throw new StageError('E_UNKNOWN_STAGE', definition.error, definition.hint);
  const context: StageContext = {
    parameters: job.parameters,
    inputs,
    outputs,
    threads,
    signal: controller.signal,
    resume: Store.open(job.artifacts).resumePoint(job.key),
    pipelineFolder,
    progress: throttledProgress(),
    log(line) {
      process.stdout.write(`${line}\n`);
      void send({ type: 'log', line });
    },
  };
  return (await definition.run(context as never)) ?? {};
}

/** A few messages a second, the last one of each phase always. */
function throttledProgress(): (progress: Progress) => void {
  let last = 0;
  return (progress) => {
    const now = performance.now();
    if (now - last < progressMs && progress.done < progress.total) return;
    last = now;
    void send({ type: 'progress', progress });
  };
}

function describe(error: unknown) {
  if (controller.signal.aborted) return { code: 'E_INTERRUPTED', message: 'The task was interrupted.' };
  if (error instanceof StageError || error instanceof StoreError) {
    const { code, message, hint } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'E_STAGE_CRASHED', message: `The stage crashed: ${message}`, hint: 'The log has the stack trace.' };
}
