// A hundred thousand tasks on a cluster: how long until all are submitted and until another call has found them, how much
// memory whoever watches takes, and how often it calls Slurm's programs. On a real Slurm that holds the jobs, and with a
// stand-in that ends them. Writes SLURM-SCALE.md: npm run bench:slurm:scale [tasks]

import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildFolder, packageRoot } from '../../src/paths.js';
import type { Pipeline, Task } from '../../src/pipeline/expand/task.js';
import { taskRecord } from '../../src/run/local/task-record.js';
import { SlurmFiles } from '../../src/run/slurm/files.js';
import { Store } from '../../src/store/store.js';
import type { TaskKey } from '../../src/store/types.js';
import { type Cell, renderTable } from '../../src/text/table.js';
import { Cluster, isInstalled, programPath, slurmVersion } from '../slurm/cluster.js';

const tasks = Number(process.argv[2] ?? 100_000);
const programs = ['sbatch', 'squeue', 'scancel', 'scontrol', 'sacct'] as const;
/** How long calls are counted while nothing happens. */
const watchedSeconds = 60;

/** A folder with a pipeline, and with scripts before Slurm's programs that note their calls. */
class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'spikeline-scale-'));

  /** @param body what stands behind the note, of each program */
  constructor(
    readonly env: Readonly<Record<string, string>>,
    extra: string,
    body: (program: string) => string,
  ) {
    mkdirSync(join(this.folder, 'bin'));
    for (const program of programs) {
      const script = `#!/bin/sh\necho "$(date +%s.%N) ${program}" >> '${this.folder}/calls'\n${body(program)}\n`;
      writeFileSync(join(this.folder, 'bin', program), script);
      chmodSync(join(this.folder, 'bin', program), 0o755);
    }
    const points = Array.from({ length: tasks - 1 }, (_, i) => i).join(', ');
    writeFileSync(
      join(this.folder, 'p.yaml'),
      `name: many\nslurm: { cpus: 1${extra} }\naxes: { i: [${points}] }\nstages:
  point: { run: 'echo ${'$'}{{ i }} > ${'$'}{{ outputs.o }}', over: [i], outputs: { o: o.txt } }
  all: { run: 'cat ${'$'}{{ inputs.o }} > ${'$'}{{ outputs.o }}', inputs: { o: point }, outputs: { o: o.txt } }\n`,
    );
  }

  run(): Watcher {
    const PATH = `${join(this.folder, 'bin')}:${this.env.PATH ?? process.env.PATH}`;
    return new Watcher(this.folder, {
      ...process.env,
      ...this.env,
      PATH,
      XDG_CONFIG_HOME: join(this.folder, 'config'),
    });
  }

  /** Times of all calls, in seconds. */
  get calls(): { readonly at: number; readonly program: string }[] {
    if (!existsSync(join(this.folder, 'calls'))) return [];
    return readFileSync(join(this.folder, 'calls'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => ({ at: Number(line.split(' ')[0]), program: line.split(' ')[1]! }));
  }

  callsSince(at: number): number {
    return this.calls.filter((call) => call.at > at / 1e3).length;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A run whose events are counted as they come. */
class Watcher {
  readonly child: ChildProcess;
  readonly counts = new Map<string, number>();
  readonly started = performance.now();
  readonly end: Promise<number | null>;
  #rest = '';

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    const args = ['run', 'p.yaml', '--executor', 'slurm', '--reporter', 'json'];
    this.child = spawn(process.execPath, [join(buildFolder, 'cli.cjs'), ...args], {
      ...{ cwd: folder, env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.end = new Promise((resolve) => this.child.on('close', resolve));
    this.child.stdout!.on('data', (data) => {
      const lines = (this.#rest + String(data)).split('\n');
      this.#rest = lines.pop()!;
      for (const line of lines) {
        const [, event] = /^\{"event":"([\w-]+)"/.exec(line) ?? [];
        if (event !== undefined) this.counts.set(event, (this.counts.get(event) ?? 0) + 1);
        if (event === 'warning' || event === 'end') console.log(line.slice(0, 300));
      }
    });
  }

  get seconds(): number {
    return (performance.now() - this.started) / 1e3;
  }

  /** The most memory that it has had, in MiB. */
  get peakMiB(): number {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  }

  async until(what: string, condition: () => boolean): Promise<number> {
    while (!condition()) {
      if (this.child.exitCode !== null) throw new Error(`It ended before: ${what}`);
      await sleep(200);
    }
    console.log(what, this.seconds.toFixed(1), `${this.peakMiB.toFixed(0)} MiB`);
    return this.seconds;
  }
}

const rows: Record<string, Cell>[] = [];
const note = (where: string, what: string, value: string) => rows.push({ where, what, value });

/** Submits, kills the submitter, and has another call find the jobs. */
async function held(): Promise<void> {
  const cluster = await Cluster.start(['MaxJobCount=250000', 'MaxArraySize=1001']);
  const site = new Site({ ...cluster.env }, ', extra: [--hold]', (program) =>
    existsSync(programPath(program) ?? '') ? `exec ${programPath(program)} "$@"` : 'exit 1',
  );
  try {
    const where = `${slurmVersion()}, jobs held`;
    const first = site.run();
    const arrays = Math.ceil((tasks - 1) / 1000) + 1;
    const submitted = () => site.calls.filter(({ program }) => program === 'sbatch').length >= arrays;
    const planned = await first.until('the first is submitted', () =>
      site.calls.some(({ program }) => program === 'sbatch'),
    );
    const all = await first.until('all are submitted', submitted);
    note(where, 'seconds until the first job is submitted', planned.toFixed(0));
    note(where, `seconds until all are, in ${arrays} arrays`, all.toFixed(0));
    await first.until('all are seen', () => (first.counts.get('task-waiting') ?? 0) >= tasks - 1);
    note(where, 'calls of programs until all are seen', String(site.calls.length));
    first.child.kill('SIGKILL');
    await first.end;
    const second = site.run();
    const adopted = await second.until('all are found', () => (second.counts.get('task-waiting') ?? 0) >= tasks - 1);
    note(where, 'seconds until another call has found them all', adopted.toFixed(0));
    const since = Date.now();
    await sleep(watchedSeconds * 1e3);
    note(
      where,
      'calls of programs per minute while it watches',
      ((site.callsSince(since) * 60) / watchedSeconds).toFixed(1),
    );
    note(where, 'MiB of memory that it has had at most', second.peakMiB.toFixed(0));
    const again = site.calls.filter(({ program }) => program === 'sbatch').length - arrays;
    note(where, 'arrays that it has submitted again', String(again));
    second.child.kill('SIGINT');
    await second.end;
  } finally {
    await cluster.slurm('scancel', '--user', String(process.getuid!())).catch(() => undefined);
    await cluster.stop();
    site.remove();
  }
}

/** Takes arrays and ends their jobs, with results in the store, one array after the other. */
async function ended(): Promise<void> {
  // $D has a file for each array: its folder, the first and last index, and its state.
  const bodies: Readonly<Record<string, string>> = {
    sbatch: `for word; do case $word in --array=*) range=\${word#--array=};; esac; script=$word; done
n=$(($(ls $D | wc -l) + 1)); echo "$n \${range%-*} \${range#*-} $script" > $D/$n; echo $n`,
    squeue: `for f in $D/*; do test -e "$f" || continue; state=RUNNING; test -e "$D-ended/\${f##*/}" && state=COMPLETED
awk -v state=$state '{ for (i = $2; i <= $3; i++) print $1 "|" i "|" state "|None|" $4 }' "$f"; done`,
    scontrol: 'case "$*" in *config*) echo "MaxArraySize = 1001";; esac',
    scancel: 'exit 0',
    sacct: 'exit 1',
  };
  const site = new Site({}, '', (program) => `D='@D@'\n${bodies[program]}`);
  const state = join(site.folder, 'queue');
  for (const folder of [state, `${state}-ended`]) mkdirSync(folder);
  for (const program of programs) {
    const file = join(site.folder, 'bin', program);
    writeFileSync(file, readFileSync(file, 'utf8').replace('@D@', state));
  }
  try {
    const where = 'stand-in that ends jobs';
    const watcher = site.run();
    const arrays = Math.ceil((tasks - 1) / 1000) + 1;
    await watcher.until('all are submitted', () => readdirSync(state).length >= arrays);
    const from = Date.now();
    const store = Store.open(join(site.folder, 'artifacts'));
    const files = new SlurmFiles(store, 'many');
    writeFileSync(join(site.folder, 'result'), 'result\n');
    const output = await store.adopt(join(site.folder, 'result'));
    const ids = new Map(files.ids().map((id) => [files.arrayOf(id)!.array, id]));
    for (const array of [...ids.keys()].sort((a, b) => a - b)) {
      const id = ids.get(array)!;
      const submission = files.readSubmission(id)!;
      for (const [slot, { task, lineage, parts }] of Object.entries(submission.tasks)) {
        // Of a task without inputs, the lineage is the key; that of the last is any other.
        const key = lineage as string as TaskKey;
        const outputs = { o: output };
        const made = { outputs, metrics: {} };
        const cost = { seconds: 1, threads: 1 };
        const identity = { key, parts, inputs: {} } as unknown as Parameters<typeof taskRecord>[3];
        const pipeline = submission.pipeline as Pipeline;
        await store.writeRecord(taskRecord(pipeline, task as Task, identity as never, made, cost));
        await files.writeStatus(id, Number(slot), { restarts: 0, state: 'done', key, status: 'ran', seconds: 1 });
      }
      writeFileSync(join(`${state}-ended`, String(array)), '');
    }
    await store.settled();
    const minutes = (Date.now() - from) / 60e3;
    console.log(`all jobs have ended after ${minutes.toFixed(1)} min`);
    const calls = site.callsSince(from);
    note(where, 'jobs that ended per minute', (tasks / minutes).toFixed(0));
    note(where, 'calls of programs per minute meanwhile', (calls / minutes).toFixed(1));
    const before = watcher.seconds;
    let peak = 0;
    while (watcher.child.exitCode === null && watcher.child.signalCode === null) {
      peak = existsSync(`/proc/${watcher.child.pid}/status`) ? watcher.peakMiB || peak : peak;
      await sleep(200);
    }
    note(where, 'seconds from the end of the last job to the end of the run', (watcher.seconds - before).toFixed(0));
    note(where, 'MiB of memory that the watcher has had at most', peak.toFixed(0));
    note(where, 'exit code; tasks that it has told of', `${await watcher.end}; ${watcher.counts.get('task') ?? 0}`);
  } finally {
    site.remove();
  }
}

if (!isInstalled) {
  console.error('Slurm is not installed (apt-get install slurm-wlm munge).');
  process.exit(1);
}
const loadBefore = loadavg()[0]!;
const parts = process.argv[3]?.split(',') ?? ['held', 'ended'];
// At once: both mostly wait.
await Promise.all([parts.includes('held') && held(), parts.includes('ended') && ended()]);

const text = `# ${tasks.toLocaleString('en')} tasks on a cluster

${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.version}; written by \`npm run bench:slurm:scale\`, measured once. A stage with ${(tasks - 1).toLocaleString('en')}
points, and one that waits for all of them; arrays of 1000. On the real Slurm the jobs are held; the stand-in takes arrays
and says that they run, and the benchmark ends their jobs, with results in the store, as fast as it can write those; both
at once. Load of the machine when it began: ${loadBefore.toFixed(1)} (on a quiet one it is below 1).

${renderTable(
  rows,
  ['where', 'what', 'value'].map((key) => ({ key })),
  'md',
)}`;
writeFileSync(join(packageRoot, 'test/bench/SLURM-SCALE.md'), text);
console.log(text);
