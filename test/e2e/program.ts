import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, it } from 'vitest';
import { buildFolder } from '../../src/paths.js';
import { removeInUse, until } from './processes.js';

export { alive, until } from './processes.js';

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What the program says of mistakes of its own: `test/run/local/executor.test.ts` holds it to that. */
export const ownMistake = /E_DEFECT|Spikeline can't continue|Your pipeline is not to blame/;

/** Tests with a sandbox of their own, so that they can run side by side. */
export const sandboxTest = (make: () => Sandbox) =>
  it.extend<{ readonly box: Sandbox }>({
    box: async ({ task: _ }, use) => {
      const box = make();
      try {
        await use(box);
      } finally {
        await box.remove();
      }
    },
  });

export const test: ReturnType<typeof sandboxTest> = sandboxTest(() => new Sandbox());

/**
 * What several tests of a file begin with is done once, and then copied.
 * @returns does it in a test's own sandbox
 */
export function prepared(prepare: (box: Sandbox) => Promise<void>): (box: Sandbox) => Promise<void> {
  let first: Promise<Sandbox> | undefined;
  afterAll(async () => (await first)?.remove());
  const make = async () => {
    const box = new Sandbox();
    await prepare(box);
    return box;
  };
  return async (box) => {
    first ??= make();
    cpSync((await first).folder, box.folder, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  };
}

/** A temporary folder in which the real, built program runs. */
export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), 'spikeline-e2e-'));
  readonly #started: Running[] = [];
  /** Runs the program. */
  node = process.execPath;

  constructor(readonly program = join(buildFolder, 'cli.cjs')) {}

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** A process id that a command wrote to a file, once it is there. */
  async pid(name: string): Promise<number> {
    await until(() => this.has(name) && this.read(name).endsWith('\n'), `${name} is written`);
    return Number(this.read(name));
  }

  /** Starts the program without waiting for it. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const child = spawn(this.node, [this.program, ...args], {
      cwd: this.folder,
      // What a CI system shows beside the log, and what the user has configured, have tests of their own.
      env: {
        ...process.env,
        CI: 'true',
        GITHUB_ACTIONS: '',
        GITHUB_STEP_SUMMARY: '',
        XDG_CONFIG_HOME: this.path('.config'),
        XDG_STATE_HOME: this.path('.state'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const running = new Running(child);
    this.#started.push(running);
    return running;
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
    return Object.fromEntries(taskEvents(await this.events(args)).map(({ task, status }) => [task, status]));
  }

  /** How tasks failed: `{ train: { code, message, hint } }`. */
  async failures(args: readonly string[]): Promise<Record<string, unknown>> {
    const failed = taskEvents(await this.events(args)).filter(({ failure }) => failure !== undefined);
    return Object.fromEntries(
      failed.map(({ task, failure }) => {
        const { log: _, tail: __, ...rest } = failure as Record<string, unknown>;
        return [task, rest];
      }),
    );
  }

  async remove(): Promise<void> {
    for (const { child } of this.#started) child.kill('SIGKILL');
    await Promise.all(this.#started.map(({ result }) => result));
    // The tasks of a killed run may write for a moment yet.
    await removeInUse(this.folder);
  }
}

function taskEvents(events: readonly Record<string, unknown>[]) {
  return events.filter(({ event }) => event === 'task');
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

/** Output without what differs from run to run. */
export function steady(text: string): string {
  return text.replaceAll(/\d+(\.\d+)? s\b/g, 'N s');
}
