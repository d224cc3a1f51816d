import type { Failure } from '../events.js';
import { type Attempt, type AttemptResult, interruptedFailure } from './attempt.js';
import { type CommandCall, type CommandEnd, commandFailure } from './command.js';
import type { FromHost, ToHost } from './command-host.js';
import { memoryHint, watchMemoryKills } from './memory-kills.js';
import { type Script, type ScriptEnd, startScript } from './node-process.js';
import { signalGroup } from './process-group.js';

interface Entry {
  readonly call: CommandCall;
  pid?: number;
  asked: boolean;
  settle(result: AttemptResult): void;
}

/** Runs commands through a process that outlives none of them. */
export class Commands {
  #host: Script | undefined;
  readonly #entries = new Map<number, Entry>();
  #counter = 0;

  /** Starts that process, unless it runs: it is ready sooner than what the first command needs. */
  prepare(): Script {
    this.#host ??= this.#open();
    return this.#host;
  }

  /** @param log where the command's output goes: to the end of this file */
  start(call: CommandCall, log: string): Attempt {
    const id = ++this.#counter;
    const entry: Entry = { call, asked: false, settle: () => {} };
    const done = new Promise<AttemptResult>((resolve) => {
      entry.settle = resolve;
    });
    this.#entries.set(id, entry);
    this.#send({ type: 'run', job: { id, log, ...call } });
    return {
      done,
      end: (urgently) => {
        entry.asked = true;
        this.#send({ type: 'end', id, urgently }, true);
        if (urgently) signalGroup(entry.pid, 'SIGKILL');
      },
    };
  }

  /** Lets the process go; no command may be running. */
  close(): void {
    const host = this.#host?.child;
    if (host?.connected) host.disconnect();
  }

  /** @param waking has it go on, if somebody has stopped it: else it would not hear */
  #send(message: ToHost, waking = false): void {
    const { child } = this.prepare();
    // Where it is gone, its end settles all that was running.
    if (child?.connected) child.send(message, () => {});
    if (waking) child?.kill('SIGCONT');
  }

  #open(): Script {
    watchMemoryKills();
    const host = startScript('command-host.cjs', ['ignore', 'inherit']);
    host.child?.on('message', (message: FromHost) => {
      if (message.type === 'started') {
        const entry = this.#entries.get(message.id);
        if (entry !== undefined) entry.pid = message.pid;
      } else this.#ended(message.id, message.end);
    });
    void host.ended.then((end) => this.#lost(end));
    return host;
  }

  #ended(id: number, end: CommandEnd | undefined): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    // Even if it made an orderly end of it: what it leaves behind is not whole.
    if (entry.asked) entry.settle({ failure: interruptedFailure });
    else entry.settle(end === undefined ? { metrics: {} } : { failure: commandFailure(entry.call, end) });
  }

  /** The process is gone: its commands must not be left running, and the next ones get another. */
  #lost(end: ScriptEnd): void {
    this.#host = undefined;
    const failure = 'failure' in end ? end.failure : lostFailure(end.signal ?? undefined);
    const shared = this.#entries.size > 1 ? ({ withOthers: true } as const) : {};
    for (const { pid, asked, settle } of this.#entries.values()) {
      signalGroup(pid, 'SIGKILL');
      settle(asked ? { failure: interruptedFailure } : { failure, ...shared });
    }
    this.#entries.clear();
  }
}

function lostFailure(signal: string | undefined): Failure {
  const message = `The process that ran the command was ended${signal === undefined ? '' : ` by ${signal}`}.`;
  return { code: 'E_TASK_DIED', message, hint: memoryHint(signal) ?? 'Was it killed, or out of memory?' };
}
