import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFolder } from '../../src/paths.js';

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A temporary folder in which the real, built program runs. */
export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), 'spikeline-e2e-'));

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Starts the program without waiting for it. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const child = spawn(process.execPath, [join(buildFolder, 'cli.js'), ...args], {
      cwd: this.folder,
      env: { ...process.env, CI: 'true', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Running(child);
  }

  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Result> {
    return this.start(args, env).result;
  }

  /** `run --reporter json`, as events. */
  async events(args: readonly string[]): Promise<Record<string, unknown>[]> {
    const { out } = await this.run(['run', ...args, '--reporter', 'json']);
    return out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** What became of each task: `{ 'train@k=1': 'ran' }`. */
  async outcomes(args: readonly string[]): Promise<Record<string, unknown>> {
    const events = await this.events(args);
    return Object.fromEntries(events.filter(({ event }) => event === 'task').map(({ task, status }) => [task, status]));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class Running {
  readonly result: Promise<Result>;
  out = '';
  err = '';

  constructor(readonly child: ChildProcess) {
    child.stdout!.on('data', (chunk) => {
      this.out += String(chunk);
    });
    child.stderr!.on('data', (chunk) => {
      this.err += String(chunk);
    });
    this.result = new Promise((resolve) => {
      child.on('close', (code) => resolve({ code, out: this.out, err: this.err }));
    });
  }
}

/** Waits until a condition holds; fails loudly when it never does. */
export async function until(condition: () => boolean, what: string, seconds = 20): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Is this process alive? */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
