// Compares the runner with GNU make and Snakemake on graphs of trivial commands, and hashing with sha256sum. Writes
// RUNNER.md. Tools that are not installed are left out. Run it on an idle machine: npm run bench:runner
// With SPIKELINE_BEFORE=/other/checkout, the program built there is measured in the same rounds, as "before".

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestFile } from '../../src/files/digest.js';
import { buildFolder, packageRoot } from '../../src/paths.js';
import { type Cell, renderTable } from '../../src/text/table.js';
import { median, quantile } from './median.js';
import { type Form, forms, graphFiles } from './runner-graphs.js';

/** Longer than this no tool is waited for. */
const patienceMs = 300_000;
/** Files that changed less than two seconds ago are read again: nobody measures that. */
const settleMs = 2_500;
/** Larger graphs take minutes a round; small ones take so little that much else tells. */
const roundsOf = (n: number) => (n > 1000 ? 3 : n > 100 ? 5 : 15);
/** First runs of more tasks than this are measured once. */
const firstRunsOnceAbove = 1000;
const sizes = process.argv.slice(2).length > 0 ? process.argv.slice(2).map(Number) : [100, 1000, 10_000];
const jobs = String(availableParallelism());
// With it, every process of Node's reads and checks a list of certificates as it starts, which says nothing of the tools.
delete process.env.NODE_EXTRA_CA_CERTS;

const before = process.env.SPIKELINE_BEFORE && join(resolve(process.env.SPIKELINE_BEFORE), '.build/cli.cjs');

/** Which commit the other checkout is at. */
function beforeName(): string {
  const { stdout } = spawnSync('git', ['-C', process.env.SPIKELINE_BEFORE!, 'log', '-1', '--format=%h of %as'], {
    encoding: 'utf8',
  });
  return `this program at ${stdout.trim()}`;
}

interface Tool {
  readonly name: string;
  readonly command: readonly string[];
  /** First runs of more tasks than this are not waited for. */
  readonly firstRunUpTo: number;
  /** The others' rounds go on without it: it takes seconds for what takes them a tenth of one. */
  readonly roundsUpTo: number;
}

const unlimited = { firstRunUpTo: Infinity, roundsUpTo: Infinity };
const tools: readonly Tool[] = [
  {
    name: 'spikeline',
    command: [process.execPath, join(buildFolder, 'cli.cjs'), 'run', 'graph.yaml'],
    ...unlimited,
  },
  ...(before === undefined
    ? []
    : [{ name: 'before', command: [process.execPath, before, 'run', 'graph.yaml'], ...unlimited }]),
  { name: 'make', command: ['make', '-s', '-j', jobs], ...unlimited },
  { name: 'snakemake', command: ['snakemake', '-q', '-j', jobs], firstRunUpTo: 1000, roundsUpTo: 3 },
].filter(({ command: [program] }) => spawnSync(program!, ['--version']).status === 0);

interface Measured {
  readonly seconds: number;
  /** Largest resident memory of the tool itself, in MB. */
  readonly memory: number;
}

/** Runs a command as a whole process; undefined if it fails or takes too long. */
async function measure([program, ...args]: readonly string[], cwd: string): Promise<Measured | undefined> {
  const started = performance.now();
  const child = spawn(program!, args, { cwd, stdio: 'ignore', timeout: patienceMs });
  let memory = 0;
  const watch = setInterval(() => {
    memory = Math.max(memory, residentPeak(child.pid!));
  }, 20);
  const code = await new Promise((resolve) => child.on('exit', resolve));
  const seconds = (performance.now() - started) / 1e3;
  clearInterval(watch);
  return code === 0 ? { seconds, memory } : undefined;
}

/** In MB; 0 where the system does not tell. */
function residentPeak(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** What each tool took in each round, by name; undefined where it failed. */
type Rounds = Map<string, (Measured | undefined)[]>;
type Results = Record<'first' | 'no-op' | 'change', Rounds>;

/**
 * Each round begins with another tool, and every other one goes backwards: who goes first, and who comes after whom, finds
 * other caches and a disk that has other things to do.
 */
function turnsOf<T>(all: readonly T[], round: number): readonly T[] {
  const start = round % all.length;
  const turns = [...all.slice(start), ...all.slice(0, start)];
  return round % 2 === 0 ? turns : turns.reverse();
}

/**
 * Has a tool do something small before it is measured: two that are alike, as ours and an older state of it, would else
 * warm the processor's caches for each other, one of them more often.
 */
async function warmUp(tool: Tool, folder: string): Promise<void> {
  const at = join(folder, 'warm-up', tool.name);
  mkdirSync(at, { recursive: true });
  for (const [name, text] of Object.entries(graphFiles('chain', 10))) writeFileSync(join(at, name), text);
  await measure(tool.command, at);
}

/** A graph, and what each tool took for it. */
interface Graph {
  readonly form: Form;
  readonly n: number;
  readonly results: Results;
  /** Tools that have come to the end of their first runs, and where. */
  readonly ready: readonly { readonly tool: Tool; readonly at: string }[];
}

function note({ results }: Pick<Graph, 'results'>, run: keyof Results, { name }: Tool, one: Measured | undefined) {
  results[run].set(name, [...(results[run].get(name) ?? []), one]);
}

/** First runs, for each tool in turn. */
async function firstRuns(form: Form, n: number, folder: string): Promise<Graph> {
  const results: Results = { first: new Map(), 'no-op': new Map(), change: new Map() };
  const failed = ({ name }: Tool) => results.first.get(name)?.includes(undefined) ?? false;
  const folderOf = (tool: Tool, round: number) => join(folder, `${form}-${n}`, String(round), tool.name);
  for (let round = 0; round < (n > firstRunsOnceAbove ? 1 : roundsOf(n)); round++)
    for (const tool of turnsOf(tools, round)) {
      // Who fails once fails again.
      if (n > tool.firstRunUpTo || round >= tool.roundsUpTo || failed(tool)) continue;
      const at = folderOf(tool, round);
      mkdirSync(at, { recursive: true });
      for (const [name, text] of Object.entries(graphFiles(form, n))) writeFileSync(join(at, name), text);
      await warmUp(tool, folder);
      note({ results }, 'first', tool, await measure(tool.command, at));
    }
  const ready = tools
    .filter((tool) => results.first.has(tool.name) && !failed(tool))
    .map((tool) => ({ tool, at: folderOf(tool, 0) }));
  return { form, n, results, ready };
}

/** Runs without a change, and runs after a change of one input, for each tool in turn. */
async function laterRuns(graph: Graph, round: number): Promise<void> {
  for (const { tool, at } of turnsOf(graph.ready, round)) {
    if (round >= tool.roundsUpTo) continue;
    // Takes note of the last change, and has each tool measured right after itself, as first runs are.
    await measure(tool.command, at);
    note(graph, 'no-op', tool, await measure(tool.command, at));
    writeFileSync(join(at, 'extra.txt'), `after ${round}\n`);
    note(graph, 'change', tool, await measure(tool.command, at));
  }
}

/** All graphs: those of the first runs in their order, then a round of each, so that what was written settles once for all. */
async function measureGraphs(folder: string): Promise<readonly Graph[]> {
  const graphs: Graph[] = [];
  for (const form of forms)
    for (const n of sizes) {
      console.log(`first runs: ${form}, ${n} tasks`);
      graphs.push(await firstRuns(form, n, folder));
    }
  for (let round = 0; round < Math.max(...sizes.map(roundsOf)); round++) {
    console.log(`later runs: round ${round + 1}`);
    await sleep(settleMs);
    for (const graph of graphs) if (round < roundsOf(graph.n)) await laterRuns(graph, round);
  }
  return graphs;
}

/** Median time and memory of a tool; undefined where a round failed or none was measured. */
function medianOf(rounds: readonly (Measured | undefined)[] | undefined): Measured | undefined {
  const good = rounds?.filter((one) => one !== undefined);
  if (!good?.length || good.length < rounds!.length) return undefined;
  return { seconds: median(good.map(({ seconds }) => seconds)), memory: median(good.map(({ memory }) => memory)) };
}

/**
 * Another tool's time in ours: the median of the ratios within each round, so that what slows a whole round does not tell, and
 * from where to where the middle half of them lies.
 */
function ratioOf(other: readonly Measured[], ours: readonly Measured[]): string {
  const ratios = other.map(({ seconds }, round) => seconds / ours[round]!.seconds);
  const at = (share: number) => quantile(ratios, share).toPrecision(2);
  return ratios.length < 5 ? at(0.5) : `${at(0.5)} [${at(0.25)}–${at(0.75)}]`;
}

/** Seconds to hash two large files at once, ours and sha256sum's, in turn; the fastest of each. */
async function measureHashing(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'spikeline-bench-'));
  try {
    const size = 512 << 20;
    const paths = [0, 1].map((i) => {
      const path = join(folder, String(i));
      writeFileSync(path, Buffer.alloc(size, i + 1));
      return path;
    });
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < 5; round++) {
      let started = performance.now();
      await Promise.all(paths.map((path) => digestFile(path)));
      ours.push(performance.now() - started);
      started = performance.now();
      await Promise.all(paths.map((path) => measure(['sha256sum', path], folder)));
      theirs.push(performance.now() - started);
    }
    const speed = (times: readonly number[]) => (2 * size) / Math.min(...times) / 1e6;
    const ratio = (speed(ours) / speed(theirs)).toFixed(2);
    return `Hashing two files of 512 MiB at once: ${speed(ours).toFixed(2)} GB/s, ${ratio} times sha256sum's ${speed(theirs).toFixed(2)} GB/s.`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const rows: Record<string, Cell>[] = [];
const noops = new Map<Form, [n: number, seconds: number][]>();
// Removed at the end: on ext4 without a journal, new files take longer for a while after many were removed.
const graphsFolder = mkdtempSync(join(tmpdir(), 'spikeline-bench-'));
process.once('exit', () => rmSync(graphsFolder, { recursive: true, force: true }));
for (const { form, n, results } of await measureGraphs(graphsFolder))
  for (const run of ['first', 'no-op', 'change'] as const) {
    const row: Record<string, Cell> = { graph: form, tasks: n, run };
    const ours = results[run].get('spikeline');
    const typical = medianOf(ours);
    if (run === 'no-op' && typical) noops.set(form, [...(noops.get(form) ?? []), [n, typical.seconds]]);
    for (const { name } of tools) {
      const rounds = results[run].get(name);
      const one = medianOf(rounds);
      row[name] = one === undefined ? '–' : `${one.seconds.toFixed(2)} s, ${one.memory.toFixed(0)} MB`;
      if (name !== 'spikeline' && typical && one)
        row[`${name} / ours`] = ratioOf(rounds as Measured[], ours as Measured[]);
    }
    rows.push(row);
  }
const others = tools.slice(1).map(({ name }) => `${name} / ours`);
const columns = ['graph', 'tasks', 'run', ...tools.map(({ name }) => name), ...others];
const exponents = [...noops].flatMap(([form, points]) => {
  const [[smallest, least], [largest, most]] = [points.at(-2) ?? points[0]!, points.at(-1)!];
  if (smallest === largest) return [];
  return [`${form} ${(Math.log(most / least) / Math.log(largest / smallest)).toFixed(2)}`];
});
/** The type of Linux's file system in memory. */
const isInMemory = statfsSync(tmpdir()).type === 0x01021994;
const text = `# The runner beside others

${cpus()[0]!.model}, ${jobs} cores, Node ${process.version}. Whole processes, wall time and peak memory; medians of ${roundsOf(100)}
rounds (${roundsOf(1000)} of more than 100 tasks; ${roundsOf(10_000)} of more than 1000, whose first runs are measured once), each begun by another tool;
snakemake takes part in the first three; ratios are medians of those within the rounds, and in brackets their quartiles where there are five or more rounds; written by
\`npm run bench:runner\`. Graphs lie on ${isInMemory ? 'a tmpfs, so that the disk has no part in it' : 'a disk'}. A task is a shell that writes one line. "change":
one input file of the last task is another one. –: not waited for, or it failed.${before === undefined ? '' : ` before: ${beforeName()}.`}

${renderTable(
  rows,
  columns.map((key) => ({ key })),
  'md',
)}
Growth of the no-op run with the number of tasks, as an exponent between the two largest sizes: ${exponents.join(', ')}.

${await measureHashing()}
`;
writeFileSync(join(packageRoot, 'test/bench/RUNNER.md'), text);
console.log(text);
