// Entry of the process of one stage: told its call by its parent, it runs the stage and reports.

import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { UserError } from '../../error.js';
import { lackOf, systemError } from '../../files/error.js';
import { watchParent } from '../../files/watch-parent.js';
import type { Progress, StageContext } from '../../stage/definition.js';
import { findBuiltInStage, loadUserStage } from '../../stage/load.js';
import { stageFile, stageProblemCode } from '../../stage/registry.js';
import { Store } from '../../store/store.js';
import type { Metrics } from '../../values.js';
import type { Failure } from '../events.js';
import { checkMetrics } from './metrics.js';
import { signalGroup } from './process-group.js';
import type { FromStage, News, StageCall, ToStage } from './stage-messages.js';

const progressMs = 200;
/** What is told in one message at most, and how long it may wait where the stage computes. */
const mostNews = 1000;
const newsMs = 100;
/** Characters of a message that a stage of the user's has made. */
const longestMessage = 4000;
const parent = process.ppid;
const controller = new AbortController();
/** True if the code that runs here is the user's. */
let isUsers = false;

/** What is still to be told: one message for each line of the log takes longer than to write it, and they pile up. */
let news: News[] = [];
let lastTold = Number.NEGATIVE_INFINITY;

function tell(one: News): void {
  if (news.push(one) === 1) setImmediate(sendNews);
  // A stage that computes without a pause comes to nothing that it has put off.
  if (news.length >= mostNews || performance.now() - lastTold > newsMs) sendNews();
}

function sendNews(): void {
  if (news.length === 0) return;
  const told = news;
  news = [];
  lastTold = performance.now();
  void send({ type: 'news', news: told });
}

/** Sends a message; resolves when it is out, so that the last one is not lost at exit. */
function send(message: FromStage): Promise<void> {
  sendNews();
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, undefined, {}, () => resolve());
    else resolve();
  });
}

/** Ends this process with whatever the stage has started. */
function killGroup(): never {
  signalGroup(process.pid, 'SIGKILL');
  process.exit(1);
}

// The parent is gone, even by kill -9: nobody wants the result, and nothing may be left running.
process.on('disconnect', killGroup);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort());
process.on('message', (message: ToStage) => {
  if (message.type === 'abort') controller.abort();
  else void perform(message.call);
});
// A log that can't be written, as on a full disk, is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
// What a stage throws where nobody waits for it, in a timer for example.
process.on('uncaughtException', (error) => void fail(error));

async function perform(call: StageCall): Promise<void> {
  try {
    const metrics = await run(call);
    const kernels = call.engine === undefined ? undefined : await kernelsOf(call.engine);
    // A stage may take the signal as a request to come to an early end: what it leaves behind is not whole.
    controller.signal.throwIfAborted();
    await finish({ type: 'done', metrics, ...(kernels === undefined ? {} : { kernels }) });
  } catch (error) {
    await fail(error);
  }
}

async function kernelsOf(engine: string): Promise<string | undefined> {
  const { engineNamed } = await import('../../engine/engines.js');
  return engineNamed(engine).used?.();
}

async function fail(error: unknown): Promise<void> {
  const told = toldOf(error);
  // Whoever wrote the stage wants to know where it was, and it is not told from messages of ours.
  if (told === undefined || (isUsers && told !== error)) console.error(error);
  await finish({ type: 'failed', failure: describe(error, told) });
}

async function finish(message: FromStage): Promise<void> {
  await send(message);
  process.exit(0);
}

async function run(call: StageCall): Promise<Metrics> {
  const { uses, module, pipelineFolder, threads, engine, inputs, outputs } = call;
  isUsers = module !== undefined;
  watchParent(parent);
  const definition =
    module === undefined
      ? await findBuiltInStage(uses, pipelineFolder)
      : await loadUserStage(pathToFileURL(module).href, uses, stageFile(uses, pipelineFolder));
  if ('error' in definition) throw new UserError(stageProblemCode(uses), definition.error, definition.hint);
  const context: StageContext = {
    parameters: call.parameters,
    inputs,
    outputs,
    threads,
    ...(engine === undefined ? {} : { engine }),
    signal: controller.signal,
    resume: Store.open(call.artifacts).resumePoint(call.key),
    pipelineFolder,
    progress: throttledProgress(),
    log(line) {
      process.stdout.write(`${line}\n`);
      tell({ type: 'log', line: `${line}` });
    },
    warn(line) {
      process.stdout.write(`warning: ${line}\n`);
      tell({ type: 'warning', line: `${line}` });
    },
  };
  return checkMetrics(await definition.run(context as never));
}

/** A few messages a second, the last one of each phase always. */
function throttledProgress(): (progress: Progress) => void {
  let last = 0;
  return (progress) => {
    const now = performance.now();
    if (now - last < progressMs && progress.done < progress.total) return;
    last = now;
    tell({ type: 'progress', progress: { ...progress } });
  };
}

/** An error in words for users, if it is one that they can do something about. */
function toldOf(error: unknown): UserError | undefined {
  if (error instanceof UserError) return error;
  // What the system refuses to code of the user's may be a mistake in it.
  return isUsers ? lackOf(error, 'what it writes') : systemError(error, 'what it writes');
}

function describe(error: unknown, told: UserError | undefined): Failure {
  if (controller.signal.aborted) return { code: 'E_INTERRUPTED', message: 'The task was interrupted.' };
  if (told !== undefined) {
    const { message, hint } = told;
    // Part of the markup of summaries, and read by programs: what a stage of the user's makes of it must be one.
    const code = /^E_[A-Z0-9_]{1,80}$/.test(told.code) ? told.code : 'E_STAGE';
    return { code, message: textOf(message), ...(hint === undefined ? {} : { hint: textOf(hint) }) };
  }
  const message = `The stage crashed: ${textOf(error instanceof Error ? error.message : error)}`;
  return { code: 'E_STAGE_CRASHED', message, hint: 'The log has the stack trace.' };
}

/**
 * Of whatever a stage of the user's throws, or has put into an error. The log has all of it; this is shown, kept, and
 * shown again by `status`.
 */
function textOf(thrown: unknown): string {
  const text = typeof thrown === 'string' ? thrown : inspect(thrown, { breakLength: Infinity });
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage)}… (${text.length} characters)`;
}
