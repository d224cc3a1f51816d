// Signals that end a run in order: running tasks are asked to end, and what is done is kept.

import { readFileSync } from 'node:fs';

/** The exit code after each, as shells have it; SIGTERM is told like Ctrl-C. */
const exitCodes = { SIGINT: 130, SIGTERM: 130, SIGHUP: 129, SIGQUIT: 131 } as const;
type Ending = keyof typeof exitCodes;
const names = Object.keys(exitCodes) as Ending[];

/** npm and npx pass on a Ctrl-C that the terminal has sent to this process already: for this long, both are one. */
const echoMs = 300;

/** How long a run that was told twice to end may take: whatever holds it up then, it ends. */
const lastMs = 3000;

/** Node makes nothing of it that nohup, or the shell of a script under it, had this signal ignored. */
export function heedNohup(): void {
  if (underNohup()) process.on('SIGHUP', ignore);
}

let listening: { readonly stop: (signal: Ending) => void; first?: Ending } | undefined;

/** Lets signals interrupt the run; a second one, or Ctrl-\ at once, kills what is running. */
export function listenForSignals(run: { interrupt(): void }): void {
  forgetSignals();
  let since = 0;
  const stop = (signal: Ending) => {
    if (listening!.first !== undefined && performance.now() - since < echoMs) return;
    const again = listening!.first !== undefined;
    listening!.first ??= signal;
    since ||= performance.now();
    run.interrupt();
    if (signal === 'SIGQUIT') run.interrupt();
    if (again || signal === 'SIGQUIT') setTimeout(() => process.exit(interruptedCode()), lastMs).unref();
  };
  listening = { stop };
  for (const name of names) if (!process.listeners(name).includes(ignore)) process.on(name, stop);
}

/** From now on signals end this process: what was run has ended. */
export function forgetSignals(): void {
  if (listening === undefined) return;
  for (const name of names) process.off(name, listening.stop);
  listening = undefined;
}

/** The exit code of an interrupted run. */
export function interruptedCode(): number {
  return exitCodes[listening?.first ?? 'SIGINT'];
}

/** True after Ctrl-C: somebody is there to be asked. */
export function byKeyboard(): boolean {
  return listening?.first === 'SIGINT';
}

const ignore = (): void => undefined;

/** Shells name the program that they start; one that nohup has started ignores the signal itself. */
function underNohup(): boolean {
  return /(^|\/)nohup$/.test(process.env._ ?? '') || ignoresHangup(process.ppid);
}

function ignoresHangup(pid: number): boolean {
  try {
    const [, mask = '0'] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return false;
  }
}
