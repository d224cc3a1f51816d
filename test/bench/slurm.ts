// What a task costs on a cluster beside the work itself: Spikeline's Slurm executor beside plain sbatch and Snakemake 9's
// Slurm plugin (pip install snakemake snakemake-executor-plugin-slurm), on a real Slurm of two nodes on this machine. Writes RESULTS-slurm.md: npm run bench:slurm

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildFolder, packageRoot } from '../../src/paths.js';
import { type Cell, renderTable } from '../../src/text/table.js';
import { Cluster, isInstalled, programPath, slurmVersion } from '../slurm/cluster.js';
import { median } from './median.js';
import { type Form, graphFiles } from './runner-graphs.js';

const rounds = Number(process.argv[2] ?? 3);
const graphs: readonly (readonly [Form, number])[] = [
  ['chain', 5],
  ['fan-out', 24],
];

/**
 * Seconds after which Snakemake is to ask how its jobs do: about as long as one takes, in which it starts anew. Asked sooner, it
 * finds none of them done, and waits ten seconds more than the last time.
 */
const snakemakeAsks = 5;

interface Tool {
  readonly name: string;
  /** Runs a graph to its end in a fresh folder. */
  run(folder: string, form: Form, n: number): Promise<void>;
}

if (!isInstalled) {
  console.error('Slurm is not installed (apt-get install slurm-wlm munge).');
  process.exit(1);
}
const cluster = await Cluster.start();
// Snakemake's jobs call srun with no variable that says where this cluster's configuration is.
const bin = mkdtempSync(join(tmpdir(), 'spikeline-bench-bin-'));
const srun = `#!/bin/sh\nSLURM_CONF=${cluster.env.SLURM_CONF} exec ${programPath('srun')} "$@"\n`;
writeFileSync(join(bin, 'srun'), srun, { mode: 0o755 });
const env = { ...process.env, ...cluster.env, PATH: `${bin}:${cluster.env.PATH}` };

async function call([program, ...args]: readonly string[], cwd: string): Promise<void> {
  const child = spawn(program!, args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve) => child.on('exit', resolve));
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}.`);
}

/** What a user would write by hand: a job a task, with the numbers of those before it; then wait for the last ones. */
async function plainSbatch(folder: string, form: Form, n: number): Promise<void> {
  mkdirSync(join(folder, 'out'));
  const submit = async (name: string, after: readonly string[]) => {
    const dependency = after.length > 0 ? [`--dependency=afterok:${after.join(':')}`] : [];
    const options = ['--parsable', '--output=/dev/null', `--chdir=${folder}`, ...dependency];
    return cluster.slurm('sbatch', ...options, `--wrap=echo ${name} > out/${name}.txt`);
  };
  if (form === 'chain') {
    let before: string[] = [];
    for (let i = 0; i < n; i++) before = [await submit(`t${i}`, before)];
  } else {
    const source = await submit('source', []);
    for (let i = 0; i < n - 1; i++) await submit(String(i), [source]);
  }
  while ((await cluster.slurm('squeue', '--noheader')) !== '') await sleep(200);
}

const all: readonly Tool[] = [
  { name: 'sbatch', run: plainSbatch },
  {
    name: 'spikeline',
    run: (folder) =>
      call([process.execPath, join(buildFolder, 'cli.cjs'), 'run', 'graph.yaml', '--executor', 'slurm'], folder),
  },
  {
    name: 'snakemake',
    run: (folder) =>
      call(
        [
          ...['snakemake', '--quiet', 'all', '--executor', 'slurm', '--jobs', '100', '--latency-wait', '30'],
          ...['--slurm-no-account', '--slurm-status-command', 'squeue'],
          ...['--slurm-init-seconds-before-status-checks', `${snakemakeAsks}`],
          ...['--seconds-between-status-checks', '1'],
          ...['--default-resources', 'slurm_partition=main', 'mem_mb=50', 'runtime=5'],
        ],
        folder,
      ),
  },
];
const snakemake = ['--version', '--help'].map(
  (option) => spawnSync('snakemake', [option], { encoding: 'utf8' }).stdout,
);
const hasSnakemake = snakemake[1]?.includes('--slurm-no-account') ?? false;
if (!hasSnakemake) console.log('Without Snakemake, which is not here, or older than 9, or without its Slurm plugin.');
const tools = all.filter(({ name }) => name !== 'snakemake' || hasSnakemake);

async function measure(tool: Tool, form: Form, n: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'spikeline-bench-'));
  try {
    for (const [name, text] of Object.entries(graphFiles(form, n))) writeFileSync(join(folder, name), text);
    const started = performance.now();
    await tool.run(folder, form, n);
    return (performance.now() - started) / 1e3;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const loadBefore = loadavg()[0]!;
const rows: Record<string, Cell>[] = [];
try {
  for (const [form, n] of graphs) {
    const times = new Map<string, number[]>();
    for (let round = 0; round < rounds; round++)
      for (const tool of tools) {
        const seconds = await measure(tool, form, n);
        times.set(tool.name, [...(times.get(tool.name) ?? []), seconds]);
        console.log(form, n, tool.name, seconds.toFixed(2));
      }
    for (const { name } of tools) {
      const typical = median(times.get(name)!);
      // Of the same round: the machine's load changes between them.
      const ratio = median(times.get(name)!.map((seconds, round) => seconds / times.get('sbatch')![round]!));
      const row = {
        graph: form,
        tasks: n,
        tool: name,
        seconds: typical.toFixed(1),
        'per task': (typical / n).toFixed(2),
      };
      rows.push({ ...row, 'of sbatch': `${ratio.toFixed(1)} x` });
    }
  }
} finally {
  await cluster.stop();
  rmSync(bin, { recursive: true });
}

const text = `# What a task costs on a cluster

${cpus()[0]!.model}, ${cpus().length} cores, ${slurmVersion()}, two nodes of eight cores each on this one machine; Node ${process.version}.
Seconds from the call to the end of the last task, ${rounds === 1 ? 'of one round' : `medians of ${rounds} interleaved rounds`}; written by \`npm run bench:slurm\`. A
task is a shell that writes one line, so that all of the time is overhead: in a chain each waits for the one before it, in a
fan-out all but the first and last wait for the first. Plain sbatch keeps no record of anything. \`of sbatch\`: the median
of the ratios to plain sbatch in the same round.${
  hasSnakemake
    ? ` Snakemake ${snakemake[0]!.trim()} with its Slurm plugin, told to ask \`squeue\` after ${snakemakeAsks} s (by
itself after 40 s); it waits 10 s longer each time that it finds no job done. 1, 4 and 8 s were tried, too, in a round each
under load: none was best in both graphs.`
    : ''
} Load of the machine when it began: ${loadBefore.toFixed(1)} (on a quiet one it is below 1).

${renderTable(
  rows,
  ['graph', 'tasks', 'tool', 'seconds', 'per task', 'of sbatch'].map((key) => ({ key })),
  'md',
)}`;
writeFileSync(join(packageRoot, 'test/bench/RESULTS-slurm.md'), text);
console.log(text);
