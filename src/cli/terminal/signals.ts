// Signals that end a run in order: running tasks are asked to end, and what is done is kept.

/** The exit code after each, as shells have it; SIGTERM is told like Ctrl-C. */
const exitCodes = { SIGINT: 130, SIGTERM: 130, SIGHUP: 129, SIGQUIT: 131 } as const;
type Ending = keyof typeof exitCodes;
const names = Object.keys(exitCodes) as Ending[];

/** npm and npx pass on a Ctrl-C that the terminal has sent to this process already: for this long, both are one. */
const echoMs = 300;

/** How long a run that was told twice to end may take: whatever holds it up then, it ends. */
const lastMs = 3000;

let listening: { readonly stop: (signal: Ending) => void; first?: Ending } | undefined;

/** Lets signals interrupt the run; a second one, or Ctrl-\ at once, kills what is running. */
export function listenForSignals(run: { interrupt(): void }): void {
  forgetSignals();
  let since = 0;
  const stop = (signal: Ending) => {
    // Node makes nothing of it that nohup had it ignored.
    if (signal === 'SIGHUP' && underNohup()) return;
    if (listening!.first !== undefined && performance.now() - since < echoMs) return;
    const again = listening!.first !== undefined;
    listening!.first ??= signal;
    since ||= performance.now();
    run.interrupt();
    if (signal === 'SIGQUIT') run.interrupt();
    if (again || signal === 'SIGQUIT') setTimeout(() => process.exit(interruptedCode()), lastMs).unref();
  };
  listening = { stop };
  for (const name of names) process.on(name, stop);
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

/** Shells name the program that they start. */
function underNohup(): boolean {
  return /(^|\/)nohup$/.test(process.env._ ?? '');
}
