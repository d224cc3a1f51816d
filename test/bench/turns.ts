import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program that does something each time it is told to, so that several can take turns. */
export interface TurnTaker {
  /** What it said of itself when it was ready. */
  readonly version: string;
  readonly pid: number;
  /** The line that it printed of its turn. */
  turn(): Promise<string>;
  close(): void;
}

/**
 * Starts a program that prints "ready VERSION", and then a line for each line that it reads.
 * @returns undefined where it ends before it is ready
 */
export async function startTurns(
  command: string,
  options: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): Promise<TurnTaker | undefined> {
  // Threads that wait must not take the processor from the next one.
  const env = { ...process.env, OMP_WAIT_POLICY: 'PASSIVE', GOMP_SPINCOUNT: '0', ...variables };
  const child = spawn(command, options, { stdio: ['pipe', 'pipe', 'ignore'], env });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let first = await lines.next();
  // Libraries may greet first.
  while (!first.done && !first.value.startsWith('ready ')) first = await lines.next();
  if (first.done) return undefined;
  return {
    version: first.value.split(' ')[1]!,
    pid: child.pid!,
    async turn() {
      child.stdin.write('\n');
      return (await lines.next()).value;
    },
    close: () => void child.kill(),
  };
}
