// All commands, with their options and what `--help` says of them. What `run` needs is loaded at once, what others need
// beyond that with them.
import { executors } from '../api/opening/executors.js';
import { defaultEngine, engines } from '../engine/engines.js';
import { UserError } from '../error.js';
import {
  cacheDetails,
  completionDetails,
  gcDetails,
  initDetails,
  publishDetails,
  targetDetails,
} from './command-details.js';
import { runCommand } from './commands/run.js';
import { type CompletedCommand, completedCommand } from './completion/commands.js';
import { templates } from './start/templates.js';

const executorNames = executors.map(({ name, help }) => (help === undefined ? name : `${name} ${help}`)).join(', or ');
const engineNames = engines.map(({ name }) => (name === defaultEngine.name ? `${name} (default)` : name)).join(', ');

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** `--force` alone forces all, `--force TARGET` one; it may be repeated. */
const collectForce = (value: string, before?: true | readonly string[]): string[] => {
  if (/^[^@]*\.ya?ml$/.test(value))
    throw new UserError(
      'E_USAGE',
      `--force ${value}: that is a file, not a stage or task.`,
      'put --force after the file',
    );
  return [...(Array.isArray(before) ? (before as string[]) : []), value];
};

type Action = (...args: never[]) => Promise<number>;

export interface CommandEntry {
  /** As commander writes them: `<needed> [optional] [several...]`. */
  readonly usage: string;
  readonly description: string;
  readonly options?: readonly (readonly [
    flags: string,
    description: string,
    parse?: (value: string, before: never) => unknown,
  ])[];
  /** What `--help` says below the options. */
  readonly details?: string;
  /** Takes a pipeline: the options that go with it are added. */
  readonly pipeline?: boolean;
  /** Its exit code tells of what it has done, and not whether all could be written that it said of that. */
  readonly acts?: boolean;
  readonly load: () => Promise<Action>;
}

/** Options of all commands that take a pipeline. */
export const pipelineOptions: NonNullable<CommandEntry['options']> = [
  ['--set <name=value>', 'override a param or an axis; may be repeated', collect],
  ['--profile <name>', 'use a profile of the pipeline'],
  ['--engine <name>', `engine for networks, where it supports them: ${engineNames}`],
  ['--artifacts <dir>', 'where results and the store are (default: artifacts/ of the project)'],
];

const runOptions: NonNullable<CommandEntry['options']> = [
  ['--jobs <n>', 'most tasks at a time (default: as many as the cores allow)'],
  ['--force [target]', 'run even what is cached: all of it, a stage or a task', collectForce],
  ['--keep-going', 'after a failure, go on with what does not depend on it'],
  ['--reporter <kind>', 'auto, plain or json'],
];

export const commands: readonly CommandEntry[] = [
  {
    usage: 'init [folder]',
    description: 'make a project that runs: a pipeline, a stage with its test, and settings for editors and git',
    options: [
      ['--template <name>', `${templates.map(({ name }) => name).join(', ')} (default: ${templates[0]!.name})`],
    ],
    details: initDetails,
    load: async () => (await import('./commands/init.js')).initCommand,
  },
  {
    usage: 'run [file] [targets...]',
    description: 'run what is out of date',
    pipeline: true,
    acts: true,
    options: [
      ...runOptions,
      ['--executor <kind>', executorNames],
      ['--dry-run', 'show what would run'],
      ['--open', 'show the run on a live page, with curves, logs and results; only this machine can open it'],
      ['--port <n>', 'port of that page (default: any free one)'],
    ],
    details: targetDetails,
    load: async () => runCommand,
  },
  {
    usage: 'plan [file] [targets...]',
    description: 'show what would run, in order, and why',
    pipeline: true,
    options: [
      ['--force [target]', 'plan as run --force would', collectForce],
      ['--jobs <n>', 'estimate the time with at most this many tasks at a time'],
      ['--measure', 'measure a few steps of work like which none has run here, to estimate its time'],
      ['--executor <kind>', `plan for this executor: ${executorNames}`],
    ],
    details: targetDetails,
    load: async () => (await import('./commands/plan.js')).planCommand,
  },
  {
    usage: 'status [file]',
    description: 'show the state of each task, and why',
    pipeline: true,
    options: [['--json', 'print JSON, for programs']],
    load: async () => (await import('./commands/status.js')).statusCommand,
  },
  {
    usage: 'ui [file]',
    description:
      'show states, results, curves and logs on a page, and follow what other processes run; it runs nothing',
    pipeline: true,
    options: [['--port <n>', 'port of the page (default: any free one)']],
    load: async () => (await import('./commands/ui.js')).uiCommand,
  },
  {
    usage: 'why <file> <task>',
    description: 'say why a task would run, or when and how its cached result was made',
    pipeline: true,
    options: [['--json', 'print JSON, for programs']],
    details: targetDetails,
    load: async () => (await import('./commands/why.js')).whyCommand,
  },
  {
    usage: 'diff <file> [from] [to]',
    description:
      'compare two runs by number, or one with the pipeline as it is `now`; by default, the last two that differ',
    pipeline: true,
    options: [
      ['--list', 'list the runs'],
      ['--json', 'print JSON, for programs'],
    ],
    load: async () => (await import('./commands/diff.js')).diffCommand,
  },
  {
    usage: 'graph [file]',
    description: 'draw the stages or tasks, coloured by state',
    pipeline: true,
    options: [
      ['--format <kind>', 'mermaid, dot or svg (default: by the name of the output, or mermaid)'],
      ['--tasks', 'one node per task instead of per stage'],
      ['-o, --output <file>', 'write to a file'],
    ],
    load: async () => (await import('./commands/graph.js')).graphCommand,
  },
  {
    usage: 'validate <files...>',
    description: 'check pipeline files, run nothing',
    options: [['--json', 'print JSON, for editors']],
    load: async () => (await import('./commands/validate.js')).validateCommand,
  },
  {
    usage: 'show [file]',
    description: 'show the metrics over the axes',
    pipeline: true,
    options: [
      ['--json', 'print an array of {task, stage, axes, metrics}'],
      ['--csv', 'print comma-separated values'],
      ['--md', 'print Markdown'],
      ['--runs', 'show the results of all recorded runs, with their parameters'],
      ['--where <condition>', 'only runs with, for example, stage=snn or accuracy>=0.9; may be repeated', collect],
      ['--export <kind>', 'write runs as a page (html), or for another program: tensorboard, mlflow'],
      ['-o, --output <path>', 'file or folder for --export (default: runs.html, tensorboard, mlruns)'],
      ['--sort <name>', 'sort runs by a metric, parameter or axis; -name for the largest first'],
      ['--pareto <metrics>', 'mark the Pareto front of runs, such as accuracy,-sopsPerImage (- where less is better)'],
    ],
    load: async () => (await import('./commands/show.js')).showCommand,
  },
  {
    usage: 'report [file] [task]',
    description: 'write the page of the stage `report`, with keys, versions, machines and durations of the run',
    pipeline: true,
    options: [['-o, --output <file>', 'file to write (default: <pipeline>/report.html among the artifacts)']],
    details: targetDetails,
    load: async () => (await import('./commands/report.js')).reportCommand,
  },
  {
    usage: 'publish <folder> [file]',
    description: 'write a run that is done, with all that reproduces it, as an RO-Crate (Workflow Run Crate)',
    pipeline: true,
    options: [['--max-size <size>', 'results and inputs that are larger are named and not copied (default: 10MB)']],
    details: publishDetails,
    load: async () => (await import('./commands/publish.js')).publishCommand,
  },
  {
    usage: 'check [file]',
    description: 'compare results with `expect:`; exit code 1 if any is off',
    pipeline: true,
    options: [['--junit <file>', 'write the comparisons as a JUnit file too']],
    load: async () => (await import('./commands/check.js')).checkCommand,
  },
  {
    usage: 'log <file> <task>',
    description: 'show what a task wrote when it last ran',
    pipeline: true,
    options: [['--raw', 'unchanged, with its control characters']],
    details: targetDetails,
    load: async () => (await import('./commands/log.js')).logCommand,
  },
  {
    usage: 'verify <file> [targets...]',
    description: 'compute results again, outside the store, and compare; exit code 1 if any differs',
    pipeline: true,
    acts: true,
    options: [runOptions.find(([flags]) => flags.startsWith('--reporter'))!],
    details: targetDetails,
    load: async () => (await import('./commands/verify.js')).verifyCommand,
  },
  {
    usage: 'gc [files...]',
    description: 'remove what nothing reaches from the store',
    details: gcDetails,
    options: [
      ['--max-size <size>', 'remove only until the store is this small, longest unused first; such as 10GB'],
      ['--dry-run', 'show what would be removed'],
      ['--artifacts <dir>', 'where results and the store are (default: artifacts/ of the project)'],
    ],
    load: async () => (await import('./commands/gc.js')).gcCommand,
  },
  {
    usage: 'cache <push|pull|status> [file] [targets...]',
    description: 'push results to the remote cache, pull them from it, or show where they are',
    pipeline: true,
    acts: true,
    options: [
      ['--reporter <kind>', 'auto, plain or json'],
      ['--json', 'for programs (status)'],
    ],
    details: cacheDetails,
    load: async () => (await import('./commands/cache.js')).cacheCommand,
  },
  {
    usage: 'stages [name]',
    description: 'list the built-in stages, or describe one',
    load: async () => (await import('./commands/stages.js')).stagesCommand,
  },
  {
    usage: 'schema [file]',
    description: 'print the JSON Schema of pipeline files; for a FILE, with its own stages, axes and params',
    load: async () => (await import('./commands/schema.js')).schemaCommand,
  },
  {
    usage: 'completion <bash|zsh|fish>',
    description: 'print what a shell needs to complete commands, files, targets, axes and profiles',
    options: [
      ['--line <text>', 'what is typed so far: print what may follow, as the script asks for it'],
      ['--breaks <characters>', 'where bash breaks words'],
    ],
    details: completionDetails,
    load: async () => (await import('./commands/completion.js')).completionCommand(commands.map(completed)),
  },
  {
    usage: 'doctor',
    description: 'show what this machine offers',
    options: [
      ['--artifacts <dir>', 'where the store is'],
      ['--build', 'compile the native kernels first, even if they are there'],
    ],
    load: async () => (await import('./commands/doctor.js')).doctorCommand,
  },
];

/** Values of options that take one of a few. */
const values: Readonly<Record<string, readonly string[]>> = {
  '--engine': engines.map(({ name }) => name),
  '--executor': executors.map(({ name }) => name),
  '--reporter': ['auto', 'plain', 'json'],
  '--export': ['tensorboard', 'mlflow'],
  '--template': templates.map(({ name }) => name),
};

/** A command as completion knows it. */
function completed({ options = [], pipeline, ...entry }: CommandEntry): CompletedCommand {
  return completedCommand({ ...entry, options: [...(pipeline ? pipelineOptions : []), ...options] }, values);
}

/** What `--help` says below the commands. */
export const examples = `
Examples:
  npx spikeline run pipelines/quickstart.yaml
  npx spikeline run pipelines/quickstart.yaml snn@precision=k1B2,noise=0
  npx spikeline run pipelines/quickstart.yaml --set epochs=2 --set 'noise=[0, 0.3]'
  npx spikeline status pipelines/quickstart.yaml
  npx spikeline stages train`;
