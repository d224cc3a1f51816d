import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';
import { onTestFinished } from 'vitest';

export interface Program {
  readonly process: ChildProcess;
  /** The next line of its output. */
  line(): Promise<string>;
  /** Ends its input; resolves when it has exited. */
  finish(): Promise<void>;
}

/** Builds a program of this folder into `folder`, to be started as a process of its own. */
export function buildProgram(name: string, folder: string): string {
  const outfile = join(folder, `${name}.mjs`);
  buildSync({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  return outfile;
}

export function start(program: string, args: readonly string[]): Program {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const iterator = lines[Symbol.asyncIterator]();
  const exited = once(child, 'exit');
  return {
    process: child,
    line: async () => String((await iterator.next()).value),
    finish: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
