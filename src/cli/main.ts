// The command line: reads it by the table of commands, and carries it out.
import { Command } from 'commander';
import { UserError } from '../error.js';
import { tellOfReading } from '../files/reading.js';
import { checkOpenFiles } from '../run/open-files.js';
import { suggestion } from '../schema/suggest.js';
import { tellOfWaiting } from '../stage/confined/patience.js';
import { version } from '../version.js';
import { type CommandEntry, commands, examples, pipelineOptions } from './command-table.js';
import { endByError, reportError } from './failure.js';
import { exitCodes } from './terminal/exit-codes.js';
import { closeOutput, openOutput, print, printError, printErrorText } from './terminal/output.js';
import { forgetSignals, heedNohup } from './terminal/signals.js';

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
    for (const [flags, text, parse] of [...(pipeline ? pipelineOptions : []), ...options])
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
  tellOfWaiting(printErrorText);
  tellOfReading(printErrorText);
  heedNohup();
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
