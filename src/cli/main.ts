// The command line: one table of commands. What `run` needs is loaded at once, what others need beyond that with them.
import { Command } from 'commander';
import { UserError } from '../error.js';
import { checkOpenFiles } from '../run/open-files.js';
import { suggestion } from '../schema/suggest.js';
import { version } from '../version.js';
import { exitCodes } from './context.js';
import { endByError, reportError } from './failure.js';
import { closeOutput, openOutput, print, printError } from './output.js';
import { runCommand } from './run.js';
import { forgetSignals } from './signals.js';

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

interface CommandEntry {
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

const runOptions: CommandEntry['options'] = [
  ['--jobs <n>', 'tasks at a time at most (default: as many as the cores allow)'],
  ['--force [target]', 'run even what is cached: all, or a stage or task', collectForce],
  ['--keep-going', 'after a failure, go on with what does not depend on it'],
  ['--reporter <kind>', 'auto, plain or json'],
];

const gcDetails = `
Keeps what the pipelines in FILES reach: results that are up to date, the newest result of each of their tasks, what the
newest run with each --profile, --set and --engine has come to, and unfinished work. Other pipelines' results go. Without
FILES, keeps the same of all pipelines that artifacts/ shows. What was made or used within the last hour stays, and so does
what a run that is going on may use; unfinished work stays for a week. With --max-size, results that are reached go last.`;

const cacheDetails = `
The remote cache is named by SPIKELINE_REMOTE, by the user's configuration, or by \`cache: { remote: URL }\` in the file:
a folder (file:/shared/cache) or a server of the Bazel HTTP cache protocol (https://cache.example.org/). \`run\` takes
from it what it has, and gives it what was computed. Nothing that comes from it is used before it is verified.
  SPIKELINE_REMOTE_TOKEN, or SPIKELINE_REMOTE_USER and SPIKELINE_REMOTE_PASSWORD   credentials
  SPIKELINE_REMOTE_READONLY=1                                                     take from it, give it nothing
  SPIKELINE_REMOTE_TIMEOUT=60s                                                    how long it may be silent (15s)
  SPIKELINE_REMOTE_SIGNING_KEY                                                    sign results; use none that are not`;

const targetDetails = `
TARGET is stage, or stage@axis=value,… with a value or its label. One with a comma or quotes in it stands in double
quotes, as in JSON; what a shell would take apart stands in its quotes: 's@net=a b' 's@net="a,b"'`;

const commands: readonly CommandEntry[] = [
  {
    usage: 'run [file] [targets...]',
    description: 'run what is out of date',
    pipeline: true,
    acts: true,
    options: [
      ...runOptions,
      ['--executor <kind>', 'local, or slurm for jobs on a cluster'],
      ['--dry-run', 'show what would run'],
    ],
    details: targetDetails,
    load: async () => runCommand,
  },
  {
    usage: 'plan [file] [targets...]',
    description: 'show what would run, in order, and why',
    pipeline: true,
    options: [['--force [target]', 'as if forced', collectForce]],
    details: targetDetails,
    load: async () => (await import('./plan.js')).planCommand,
  },
  {
    usage: 'status [file]',
    description: 'show the state of each task, and why',
    pipeline: true,
    options: [['--json', 'for programs']],
    load: async () => (await import('./status.js')).statusCommand,
  },
  {
    usage: 'why <file> <task>',
    description: 'say why a task would run, or since when and by what it is cached',
    pipeline: true,
    options: [['--json', 'for programs']],
    details: targetDetails,
    load: async () => (await import('./why.js')).whyCommand,
  },
  {
    usage: 'diff <file> [from] [to]',
    description: 'compare two runs by number, or one with the pipeline as it is `now`; else the last two that differ',
    pipeline: true,
    options: [
      ['--list', 'list the runs'],
      ['--json', 'for programs'],
    ],
    load: async () => (await import('./diff.js')).diffCommand,
  },
  {
    usage: 'graph [file]',
    description: 'draw the stages or tasks, coloured by state',
    pipeline: true,
    options: [
      ['--format <kind>', 'mermaid, dot or svg (default: as the name of the output says, or mermaid)'],
      ['--tasks', 'a node a task instead of one a stage'],
      ['-o, --output <file>', 'write to a file'],
    ],
    load: async () => (await import('./graph.js')).graphCommand,
  },
  {
    usage: 'validate <files...>',
    description: 'check pipeline files, run nothing',
    options: [['--json', 'for editors']],
    load: async () => (await import('./validate.js')).validateCommand,
  },
  {
    usage: 'show [file]',
    description: 'show the metrics over the axes',
    pipeline: true,
    options: [
      ['--json', 'an array of {task, stage, axes, metrics}'],
      ['--csv', 'comma-separated values'],
      ['--md', 'Markdown'],
    ],
    load: async () => (await import('./show.js')).showCommand,
  },
  {
    usage: 'report [file] [task]',
    description: 'write the page of the stage `report`, with keys, versions, machines and durations of the run',
    pipeline: true,
    options: [['-o, --output <file>', 'write it there (default: <pipeline>/report.html among the artifacts)']],
    details: targetDetails,
    load: async () => (await import('./report.js')).reportCommand,
  },
  {
    usage: 'check [file]',
    description: 'compare results with `expect:`; exit code 1 where they are off',
    pipeline: true,
    options: [['--junit <file>', 'write the comparisons as a JUnit file too']],
    load: async () => (await import('./check.js')).checkCommand,
  },
  {
    usage: 'log <file> <task>',
    description: 'show what a task wrote when it last ran',
    pipeline: true,
    options: [['--raw', 'as it is, with all that a terminal obeys']],
    details: targetDetails,
    load: async () => (await import('./log.js')).logCommand,
  },
  {
    usage: 'verify <file> [targets...]',
    description: 'compute results again, apart from the store, and compare; exit code 1 where they differ',
    pipeline: true,
    acts: true,
    options: [runOptions.find(([flags]) => flags.startsWith('--reporter'))!],
    details: targetDetails,
    load: async () => (await import('./verify.js')).verifyCommand,
  },
  {
    usage: 'gc [files...]',
    description: 'remove from the store what nothing reaches',
    details: gcDetails,
    options: [
      ['--max-size <size>', 'remove only as much as needed to get there, the longest unused first; such as 10GB'],
      ['--dry-run', 'show what would go'],
      ['--artifacts <dir>', 'where results and the store are (default: artifacts/ of the project)'],
    ],
    load: async () => (await import('./gc.js')).gcCommand,
  },
  {
    usage: 'cache <push|pull|status> [file] [targets...]',
    description: 'carry results to the remote cache or from it, or say where they are',
    pipeline: true,
    acts: true,
    options: [
      ['--reporter <kind>', 'auto, plain or json'],
      ['--json', 'for programs (status)'],
    ],
    details: cacheDetails,
    load: async () => (await import('./cache.js')).cacheCommand,
  },
  {
    usage: 'stages [name]',
    description: 'list the built-in stages, or describe one',
    load: async () => (await import('./stages.js')).stagesCommand,
  },
  {
    usage: 'schema [file]',
    description: 'print the JSON Schema of pipeline files; of a FILE, with its own stages, axes and params',
    load: async () => (await import('./schema.js')).schemaCommand,
  },
  {
    usage: 'doctor',
    description: 'tell what this machine offers',
    options: [['--artifacts <dir>', 'where the store is']],
    load: async () => (await import('./doctor.js')).doctorCommand,
  },
];

const examples = `
Examples:
  npx spikeline run pipelines/quickstart.yaml
  npx spikeline run pipelines/lenet-fashion.yaml snn@precision=k1B2,noise=0
  npx spikeline run my.yaml --set epochs=2 --set 'noise=[0, 0.3]'
  npx spikeline status my.yaml
  npx spikeline stages train`;

const nameOf = ({ usage }: CommandEntry): string => usage.split(' ')[0]!;

/** @param chosen the commands to build: each takes a while */
function build(chosen: readonly CommandEntry[], finish: (code: number, acted: boolean) => void): Command {
  const root = new Command('spikeline')
    .configureOutput({ writeOut: print, writeErr: printError })
    .description('Runs declarative pipelines that reproduce papers on spiking networks.')
    .version(version)
    .showSuggestionAfterError()
    .addHelpText('after', examples)
    .exitOverride();
  for (const entry of chosen) {
    const { usage, description, details, options = [], pipeline, acts = false, load } = entry;
    const command = root.command(usage).description(description).exitOverride();
    if (details !== undefined) command.addHelpText('after', details);
    if (pipeline)
      command
        .option('--set <name=value>', 'override a param or an axis; may be repeated', collect)
        .option('--profile <name>', 'use a profile of the pipeline')
        .option('--engine <name>', 'what train and ann-infer compute with: wasm (default) or tensorflow')
        .option('--artifacts <dir>', 'where results and the store are (default: artifacts/ of the project)');
    for (const [flags, text, parse] of options)
      if (parse) command.option(flags, text, parse as never);
      else command.option(flags, text);
    command.action(async (...args: unknown[]) => {
      if (pipeline) checkOpenFiles();
      const action = (await load()) as (...args: unknown[]) => Promise<number>;
      // commander appends the command itself to arguments and options.
      const code = await action(...args.slice(0, -1));
      finish(code, acts && command.opts().dryRun !== true);
    });
  }
  return root;
}

/** Carries out a command line, as `process.argv` has it. Returns the exit code, once all is written that can be. */
export async function main(argv: readonly string[]): Promise<number> {
  openOutput();
  if (process.listenerCount('uncaughtException') === 0) process.on('uncaughtException', endByError);
  let acted = false;
  const code = await carryOut(argv, (acts) => {
    acted = acts;
  }).catch(reportError);
  forgetSignals();
  const trouble = await closeOutput();
  return trouble !== undefined && code === exitCodes.done && !acted ? exitCodes.failed : code;
}

async function carryOut(argv: readonly string[], done: (acted: boolean) => void): Promise<number> {
  let code: number = exitCodes.done;
  const name = argv[2];
  const names = commands.map(nameOf);
  const called = commands.filter((one) => nameOf(one) === name);
  const root = build(called.length > 0 ? called : commands, (result, acted) => {
    code = result;
    done(acted);
  });
  if (name === undefined) {
    root.outputHelp();
    return exitCodes.usage;
  }
  if (!name.startsWith('-') && name !== 'help' && !names.includes(name))
    throw new UserError('E_USAGE', `There is no command "${name}".`, suggestion(name, names));
  await root.parseAsync([...argv]);
  return code;
}
