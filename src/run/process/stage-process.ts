import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { openToAppend } from '../../files/trust.js';
import type { Failure } from '../events.js';
import { type Attempt, type AttemptListener, type AttemptResult, interruptedFailure } from './attempt.js';
import { builtInEnvironment, type Environment, passedEnvironment, signalHints } from './command.js';
import { memoryHint, watchMemoryKills } from './memory-kills.js';
import { type Script, type ScriptEnd, startScript } from './node-process.js';
import { endGroup, signalGroup } from './process-group.js';
import type { FromStage, News, StageCall, ToStage } from './stage-messages.js';

/** How long a stage that was asked to end may take: it may have something to keep. */
const graceMs = 10_000;

/**
 * Runs a stage in a process of its own.
 *
 * @param env variables beside those that every stage of its kind gets: one of the user's those of a command, a built-in
 *   one all but credentials, for it may need to know of data and proxies
 * @param log where its output goes: to the end of this file
 */
export function startStage(call: StageCall, env: Environment, log: string, listener: AttemptListener): Attempt {
  let urgency: 'none' | 'asked' | 'killed' = 'none';
  let child: ChildProcess | undefined;
  let patience: NodeJS.Timeout | undefined;
  const ask = () => {
    if (urgency === 'killed') signalGroup(child?.pid, 'SIGKILL');
    else if (urgency === 'asked' && child?.connected) {
      child.send({ type: 'abort' } satisfies ToStage);
      // One that was stopped is woken, to hear it.
      signalGroup(child.pid, 'SIGCONT');
    }
  };
  watchMemoryKills();
  const run = async (): Promise<AttemptResult> => {
    const started = startProcess(call, env, log);
    child = started.child;
    let result: AttemptResult | undefined;
    child?.on('message', (message: FromStage) => {
      if (message.type !== 'news') result = message;
      else for (const one of message.news) pass(one, listener);
    });
    if (child?.connected) child.send({ type: 'call', call } satisfies ToStage);
    ask();
    const end = await started.ended;
    clearTimeout(patience);
    await endGroup(child?.pid, () => urgency === 'asked');
    if (result !== undefined) return result;
    return { failure: urgency === 'none' ? diedFailure(end) : interruptedFailure };
  };
  return {
    done: run(),
    end: (urgently) => {
      urgency = urgently || urgency === 'killed' ? 'killed' : 'asked';
      ask();
      if (urgency === 'killed') return;
      patience ??= setTimeout(() => {
        urgency = 'killed';
        ask();
      }, graceMs).unref();
    },
  };
}

function pass(one: News, listener: AttemptListener): void {
  if (one.type === 'progress') listener.progress(one.progress);
  else if (one.type === 'log') listener.log(one.line);
  else listener.warn(one.line);
}

/** Starts the process of one stage, which is yet to be told its call. */
function startProcess(call: StageCall, env: Environment, log: string): Script {
  const isOwn = call.module !== undefined;
  // The log's descriptor outlives this process.
  const descriptor = openToAppend(log);
  try {
    return startScript('task.js', [descriptor, descriptor], {
      // As commands do, one of the user's runs in the folder of the file that says it.
      ...(isOwn ? { cwd: call.folder } : {}),
      env: isOwn ? { ...passedEnvironment(), ...env } : builtInEnvironment(env),
      // Numbers that JSON does not have.
      serialization: 'advanced',
    });
  } finally {
    closeSync(descriptor);
  }
}

/** The task's process ended without a word, or never began. */
function diedFailure(end: ScriptEnd): Failure {
  if ('failure' in end) return end.failure;
  const { exitCode, signal } = end;
  const code = 'E_TASK_DIED';
  if (signal === null) {
    const message = `The task's process ended with exit code ${exitCode ?? '?'} before the task was done.`;
    return { code, message, hint: 'The log may say why.' };
  }
  const message = `The task's process was ended by ${signal}.`;
  const hint = memoryHint(signal) ?? signalHints[signal] ?? 'Was it killed, or out of memory? The log may say more.';
  return { code, message, hint };
}
