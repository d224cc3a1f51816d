// What `plan --measure` tells of a run beside what the run then takes: total, and by stage. Writes PLAN.md. Run it on an idle
// machine: npm run bench:plan, or with names of examples after it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/api/opening/store.js';
import { chooseTasks } from '../../src/api/opening/tasks.js';
import { estimatesOf, placeOf } from '../../src/api/results/estimates.js';
import { forecastsOf } from '../../src/cli/explain/measuring.js';
import { openPipeline } from '../../src/cli/opening/pipeline.js';
import { buildFolder, packageRoot } from '../../src/paths.js';
import { schedule } from '../../src/run/estimate/schedule.js';
import { Planner } from '../../src/run/plan/planner.js';
import { type Cell, renderTable } from '../../src/text/table.js';

/** A template of `init`, and a profile of it. */
const examples: Readonly<Record<string, { readonly template: string; readonly profile?: string }>> = {
  quickstart: { template: 'quickstart' },
  sweep: { template: 'sweep' },
  'own-data': { template: 'own-data' },
  'paper, smoke': { template: 'paper', profile: 'smoke' },
};

/** Seconds of a stage's tasks, one after the other; undefined of those that nothing is told of. */
interface StageTime {
  tasks: number;
  told: number;
  unknown: number;
  took: number;
}

interface Outcome {
  readonly told: number;
  readonly unknown: number;
  readonly took: number;
  readonly tasks: number;
  readonly stages: ReadonlyMap<string, StageTime>;
}

const program = join(buildFolder, 'cli.cjs');

function call(folder: string, args: readonly string[]): string {
  const { status, stdout } = spawnSync(process.execPath, [program, ...args], {
    ...{ cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 28 },
  });
  if (status !== 0) throw new Error(`spikeline ${args.join(' ')} ended with ${String(status)}`);
  return stdout;
}

/** What is told of the tasks of a pipeline of which none has run. */
async function planned(file: string, options: { readonly profile?: string }) {
  const pipeline = await openPipeline(file, options);
  const { all } = chooseTasks(pipeline, []);
  const store = openStore({}, pipeline);
  const plans = await new Planner(pipeline, store).plan(all);
  const { machine } = placeOf(all, undefined, Number.POSITIVE_INFINITY);
  const estimates = await estimatesOf(pipeline, store, all, plans, (unknown) =>
    forecastsOf({ pipeline, plans, unknown, threads: machine.cpus, measure: true }),
  );
  const { seconds, each } = schedule(all, ({ id }, cores) => estimates.get(id)?.seconds(cores) ?? 0, { machine });
  return {
    seconds,
    tasks: all.map(({ id, stage }) => ({ id, stage, told: estimates.has(id) ? each.get(id) : undefined })),
  };
}

interface TaskEvent {
  readonly event: string;
  readonly task?: string;
  readonly status?: string;
  readonly seconds?: number;
}

async function tried(folder: string, { template, profile }: (typeof examples)[string]): Promise<Outcome> {
  const options = profile === undefined ? {} : { profile };
  const file = `${template}.yaml`;
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(packageRoot, join(folder, 'node_modules/spikeline'));
  call(folder, ['init', '--template', template]);
  const { seconds, tasks } = await planned(join(folder, file), options);
  const started = performance.now();
  const out = call(folder, ['run', file, '--reporter', 'json', ...(profile ? ['--profile', profile] : [])]);
  const took = (performance.now() - started) / 1e3;
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TaskEvent);
  const times = new Map(events.filter(({ event }) => event === 'task').map((event) => [event.task!, event.seconds!]));
  const stages = new Map<string, StageTime>();
  for (const { id, stage, told } of tasks) {
    const name = stage.split('/').at(-1)!;
    const time = stages.get(name) ?? { tasks: 0, told: 0, unknown: 0, took: 0 };
    stages.set(name, time);
    time.tasks++;
    time.took += times.get(id)!;
    if (told === undefined) time.unknown++;
    else time.told += told;
  }
  const unknown = tasks.filter(({ told }) => told === undefined).length;
  return { told: seconds, unknown, took, tasks: tasks.length, stages };
}

const numeric = (value: number): string => value.toFixed(1);
const table = (rows: readonly Record<string, Cell>[]) =>
  renderTable(
    rows,
    Object.keys(rows[0]!).map((key) => ({ key })),
    'md',
  ).trimEnd();
const share = (told: number, took: number) => (told / took).toFixed(2);

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(examples);
const totals: Record<string, Cell>[] = [];
const sections: string[] = [];
const cache = mkdtempSync(join(tmpdir(), 'spikeline-bench-cache-'));
process.env.SPIKELINE_CACHE = cache;
try {
  // Kernels that are compiled for this processor are compiled once, and not in the run that is measured.
  call(packageRoot, ['doctor', '--build']);
  for (const name of chosen) {
    const folder = mkdtempSync(join(tmpdir(), 'spikeline-bench-plan-'));
    try {
      const { told, unknown, took, tasks, stages } = await tried(folder, examples[name]!);
      const total = {
        run: name,
        tasks,
        'of unknown time': unknown,
        'told, s': numeric(told),
        'took, s': numeric(took),
      };
      totals.push({ ...total, 'told / took': share(told, took) });
      const rows = [...stages].map(([stage, time]) => ({
        ...{ stage, tasks: time.tasks, 'told, s': time.unknown === time.tasks ? '–' : numeric(time.told) },
        ...{ 'took, s': numeric(time.took), 'told / took': time.unknown > 0 ? '–' : share(time.told, time.took) },
      }));
      sections.push(`## ${name}\n\n${table(rows)}`);
      console.log(name, numeric(told), numeric(took), JSON.stringify(rows));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
} finally {
  rmSync(cache, { recursive: true, force: true });
}

const text = `# What plans tell, and what runs take

${cpus()[0]!.model}, ${availableParallelism()} cores, Node ${process.version}; written by \`npm run bench:plan\`. Templates of \`spikeline init\` in fresh folders,
of which nothing like them has run: what \`plan --measure\` tells, and what the run then takes, in seconds. By stage: sums over its tasks,
which may run side by side.

${table(totals)}

${sections.join('\n\n')}
`;
if (chosen.length === Object.keys(examples).length) writeFileSync(join(packageRoot, 'test/bench/PLAN.md'), text);
else console.log(text);
