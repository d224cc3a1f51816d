import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { systemCode } from '../../files/error.js';
import { startProblem } from '../../files/start-problem.js';
import { bundle } from '../../fingerprint/bundle.js';
import { buildFolder, packageRoot } from '../../paths.js';
import { stageFile } from '../registry.js';
import { runnableCode } from '../runnable.js';
import { type Order, phases, type ReaderFailure, type ReaderOrder, type Reply } from './messages.js';
import { Patience } from './patience.js';

export interface Limits {
  readonly seconds: number;
  /** Megabytes. */
  readonly memory: number;
}

const defaultLimits: Limits = { seconds: 30, memory: 1024 };
/** Megabytes of JavaScript's objects alone. */
const heap = 512;
/** No reply is longer, in bytes. */
const longestReply = 16 << 20;
const outside = 'Move what it does while it is loaded into run().';

/** Loads a stage of the user's in a process that can do nothing but say what the definition is. */
export async function askReader(asked: Order, limits: Limits = defaultLimits): Promise<Reply> {
  const file = stageFile(asked.uses, asked.folder);
  const { uses, questions } = asked;
  const order: ReaderOrder = { uses, questions, file, code: await runnableCode(file) };
  const child = start(file, await readableBy(file));
  const patience = new Patience(order.uses, child.pid, limits.seconds);
  const problem = (error: string): ReaderFailure => ({ problem: { error: `${order.uses} ${error}.`, hint: outside } });
  const passing = (failure: ReaderFailure): ReaderFailure => ({ ...failure, passing: true });
  let why: Reply | undefined;
  const stop = (reply: Reply) => {
    why ??= reply;
    child.kill('SIGKILL');
  };
  const over = setTimeout(() => {
    const late = { problem: patience.late };
    stop(isBusy() || !patience.hasBegun ? passing(late) : late);
  }, limits.seconds * 1e3);
  const watch = setInterval(() => {
    if (memoryOf(child.pid) > limits.memory) stop(problem(`took more than ${limits.memory} MB of memory to load`));
  }, 100);
  const chunks: Buffer[] = [];
  let length = 0;
  // It has no streams where too many files are open to start it, which its error says.
  const [, , , replies] = (child.stdio as ChildProcess['stdio'] | undefined) ?? [];
  (replies as Readable | undefined)?.on('data', (chunk: Buffer) => {
    const text = chunks.length > 0 ? chunk : afterMarks(chunk, patience);
    length += text.length;
    if (length > longestReply) stop(problem('has a definition that is too large'));
    else if (text.length > 0) chunks.push(text);
  });
  // It may have ended before it was told.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(JSON.stringify(order));
  const { end, code, refused } = await new Promise<End>((done) => {
    child.on('error', (error) => done({ end: error.message, code: null, refused: systemCode(error) }));
    child.on('close', (code, signal) => done({ end: signal ?? `exit code ${code}`, code }));
  });
  clearTimeout(over);
  clearInterval(watch);
  patience.end();
  if (why !== undefined) return why;
  const [how, hint] = startProblem(refused, dirname(file)) ?? [];
  if (how !== undefined)
    return passing({ problem: { error: `The process that loads ${order.uses} ${how}.`, ...(hint && { hint }) } });
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as Reply;
  } catch {
    if (end === 'SIGABRT' || code === 134) return problem(`took more than ${heap} MB of memory to load`);
    const ended = problem(`ended the process that loaded it (${end})`);
    // It was not started, or ended by somebody else.
    return code === null ? passing(ended) : ended;
  }
}

/** How the process ended. */
interface End {
  readonly end: string;
  readonly code: number | null;
  /** The system's code, where it was not started. */
  readonly refused?: string | undefined;
}

/** The one thread that it may start is ours: see `takeAway`. */
function start(file: string, readable: readonly string[]): ChildProcess {
  const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
  return spawn(
    process.execPath,
    [
      flag,
      '--allow-worker',
      ...readable.map((path) => `--allow-fs-read=${path}`),
      `--max-old-space-size=${heap}`,
      join(buildFolder, 'stage-reader.js'),
    ],
    // What it prints is nobody's: standard output may be a table or JSON.
    { cwd: dirname(file), env: {}, stdio: ['pipe', 'ignore', 'ignore', 'pipe'], windowsHide: true },
  );
}

/** What follows the bytes by which the process says what it begins with. */
function afterMarks(bytes: Buffer, patience: Patience): Buffer {
  const end = bytes.findIndex((byte) => byte === 0 || byte > phases.length);
  const marks = end < 0 ? bytes : bytes.subarray(0, end);
  for (const mark of marks) patience.begin(phases[mark - 1]!);
  return bytes.subarray(marks.length);
}

/** The stage's own files, the packages that it can import, and this program. */
async function readableBy(file: string): Promise<readonly string[]> {
  const { files, packages } = await bundle(file, dirname(file));
  const sources = Object.keys(files).map((name) => resolve(dirname(file), name));
  const shelves = [file, packageRoot].flatMap(shelvesAbove);
  // Packages that are links, as workspaces have them.
  const linked = Object.keys(packages).flatMap((name) =>
    shelves
      .map((shelf) => join(shelf, name))
      .filter(existsSync)
      .slice(0, 1)
      .map((path) => realpathSync(path)),
  );
  const own = [join(packageRoot, 'package.json'), dirname(buildFolder)];
  const paths = [...sources, ...sources.map((path) => realpathSync(path)), ...shelves, ...linked, ...own];
  return [...new Set(paths)];
}

/** The folders that packages are looked for in. */
function shelvesAbove(path: string): readonly string[] {
  const parent = dirname(path);
  const shelf = join(path, 'node_modules');
  return [...(existsSync(shelf) ? [shelf] : []), ...(parent === path ? [] : shelvesAbove(parent))];
}

/** True if more processes wanted to run in the last minute than the machine has processors. */
function isBusy(): boolean {
  return loadavg()[0]! > availableParallelism();
}

/** Megabytes that a process has in use, where the system says. */
function memoryOf(pid: number | undefined): number {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / (1 << 20);
  } catch {
    return 0;
  }
}
