// Entry of the process that runs a pipeline's commands: told them by its parent, it starts each in a process group of
// its own. One process for all of them, because to start Node for each would take longer than most commands do; and not
// the parent itself, so that nothing is left running when that is killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { openToAppend } from '../../files/trust.js';
import { type CommandCall, type CommandEnd, passedEnvironment } from './command.js';
import { askGroup, endGroup, signalGroup } from './process-group.js';

export interface CommandJob extends CommandCall {
  readonly id: number;
  /** Where its output goes: to the end of this file. */
  readonly log: string;
}

export type ToHost =
  | { readonly type: 'run'; readonly job: CommandJob }
  /** Asks a command to end; a second time, or after a while, kills it. */
  | { readonly type: 'end'; readonly id: number; readonly urgently: boolean };

export type FromHost =
  | { readonly type: 'started'; readonly id: number; readonly pid: number }
  /** `end` is missing if the command did what it should. */
  | { readonly type: 'ended'; readonly id: number; readonly end?: CommandEnd };

/** Asked for once: to read the environment takes longer than to tell a command of it. */
const passed = passedEnvironment();

/** How long a command that was asked to end may take. */
const graceMs = 5000;

interface Running {
  readonly pid: number | undefined;
  end: 'none' | 'asked' | 'killed';
  kill(): void;
}
const running = new Map<number, Running>();

function send(message: FromHost): void {
  if (process.connected) process.send!(message);
}

async function run(job: CommandJob): Promise<void> {
  const { id } = job;
  try {
    const end = await runCommand(job);
    send({ type: 'ended', id, ...(end === undefined ? {} : { end }) });
  } catch (error) {
    // Its log can't be opened, or it has too many words.
    const { code, message } = error as NodeJS.ErrnoException;
    send({ type: 'ended', id, end: { code, originalMessage: message } });
  }
}

async function runCommand({ id, log, ...call }: CommandJob): Promise<CommandEnd | undefined> {
  const child = start(call, log);
  const { pid } = child;
  const state: Running = { pid, end: 'none', kill: () => void child.kill('SIGKILL') };
  running.set(id, state);
  if (pid !== undefined) send({ type: 'started', id, pid });
  const result = await endOf(child);
  await endGroup(pid, () => state.end === 'asked');
  running.delete(id);
  return result;
}

/** Node's own way: what execa adds to it takes as long as many a command, and nothing of that is needed here. */
function start(call: CommandCall, log: string): ChildProcess {
  const { words, cwd } = call;
  const [program, ...args] = words as [string, ...string[]];
  const descriptor = openToAppend(log);
  try {
    return spawn(program, args, {
      cwd,
      env: { ...passed, ...call.env },
      // The log's descriptor outlives this process.
      stdio: ['ignore', descriptor, descriptor],
      detached: true,
    });
  } finally {
    closeSync(descriptor);
  }
}

/** Undefined if the command did what it should. */
function endOf(child: ChildProcess): Promise<CommandEnd | undefined> {
  return new Promise((resolve) => {
    child.on('error', ({ code, message }: NodeJS.ErrnoException) => resolve({ code, originalMessage: message }));
    child.on('exit', (exitCode, signal) => {
      if (signal !== null) resolve({ signal });
      else resolve(exitCode === 0 || exitCode === null ? undefined : { exitCode });
    });
  });
}

function end(state: Running | undefined, urgently: boolean): void {
  if (state === undefined) return;
  const kill = () => {
    state.end = 'killed';
    if (!signalGroup(state.pid, 'SIGKILL')) state.kill();
  };
  if (urgently || state.end !== 'none') {
    kill();
    return;
  }
  state.end = 'asked';
  if (!askGroup(state.pid)) kill();
  setTimeout(() => {
    if (state.end === 'asked') kill();
  }, graceMs).unref();
}

// The parent is gone, even by kill -9: nobody wants the results, and nothing may be left running.
process.on('disconnect', () => {
  for (const state of running.values()) end(state, true);
  process.exit();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    for (const state of running.values()) end(state, false);
  });
process.on('message', (message: ToHost) => {
  if (message.type === 'run') void run(message.job);
  else end(running.get(message.id), message.urgently);
});
