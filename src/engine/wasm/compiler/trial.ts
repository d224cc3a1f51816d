import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { neutralFolder } from '../../../files/neutral-folder.js';
import { buildFolder } from '../../../paths.js';

export type Flags = readonly string[];

/** What was found out about this version of Node. */
export interface Finding {
  readonly flags: Flags;
  /** Sets of flags that were tried before, and what the process that tried them did. */
  readonly rejected: readonly { readonly flags: Flags; readonly why: string }[];
  /** False where a trial came to an end that says nothing about its flags: the next process tries again. */
  readonly certain: boolean;
}

/** `unclear`: the process came to an end that says nothing about its flags. `why` goes on after "a process". */
export type Outcome = { readonly result: 'works' } | { readonly result: 'fails' | 'unclear'; readonly why: string };

/** What probe.ts must print: hash of all that it computes. */
export const expectedHash = '2bf18bf29db88c2d81d7997c95b98c240b345dd56d87e94e63fb66c18ba47fe6';
const longestSeconds = 60;
/** How a process ends that does something wrong itself; other signals come from outside. */
const ownFaults = ['SIGTRAP', 'SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGSYS'];

/**
 * Runs the engine with these flags of V8 in a process of its own, and looks whether it computes the right bits.
 * @param program what to start in the place of the engine
 */
export function tryFlags(flags: readonly string[], program = join(buildFolder, 'engine-probe.js')): Promise<Outcome> {
  return tryProgram(program, flags, expectedHash);
}

/**
 * Runs a program of ours in a process of its own, which may come to a bad end.
 * @param expected what it prints where all is well
 */
export function tryProgram(
  program: string,
  args: readonly string[],
  expected: string,
  seconds = longestSeconds,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const settings = { cwd: neutralFolder(), timeout: seconds * 1000, killSignal: 'SIGKILL' } as const;
    execFile(process.execPath, [program, ...args], settings, (error, stdout, stderr) => {
      // A flag that V8 doesn't know does nothing, and every task would begin with a line about it.
      const unknown = /.*\b(?:unrecognized|unknown) flag.*/i.exec(stderr)?.[0].trim();
      if (error !== null) resolve(ending(error, stderr, seconds));
      else if (unknown !== undefined) resolve({ result: 'fails', why: `said "${unknown}"` });
      else if (stdout.trim() !== expected) resolve({ result: 'fails', why: 'computed wrong results' });
      else resolve({ result: 'works' });
    });
  });
}

type ProcessError = Error & {
  readonly code?: string | number | null;
  readonly signal?: string | null;
  readonly killed?: boolean;
};

function ending({ code, signal, killed, message }: ProcessError, stderr: string, seconds: number): Outcome {
  if (killed) return { result: 'unclear', why: `took more than ${seconds} s` };
  if (typeof code === 'string') return { result: 'unclear', why: `could not be started: ${message}` };
  if (signal && !ownFaults.includes(signal)) return { result: 'unclear', why: `was ended by ${signal}` };
  // V8 ends a process that gets no memory as it ends one that went wrong.
  const result = /out of memory|could not allocate/i.test(stderr) ? 'unclear' : 'fails';
  const lines = stderr.split('\n').map((line) => line.trim());
  const reason = lines.find(
    (line) => /^(?:\w*Error|Check failed|Fatal process)\b/.test(line) || /^# Check failed/.test(line),
  );
  const end = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
  return { result, why: reason === undefined ? end : `${end} (${reason.replace(/^# /, '').replace(/\.$/, '')})` };
}
