import { accessSync, constants, existsSync, lstatSync, realpathSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { PipelineOptions } from '../../api/opening/options.js';
import { artifactsFolder } from '../../api/opening/project.js';
import { usableCores } from '../../control-groups.js';
import { cacheFolder, debianFolder } from '../../data/locations.js';
import type { Engine } from '../../engine/engine.js';
import { defaultEngine, engines } from '../../engine/engines.js';
import { UserError } from '../../error.js';
import { systemError } from '../../files/error.js';
import { makeFolder } from '../../files/make-folder.js';
import { freeBytes } from '../../files/space.js';
import { nodeProblem } from '../../node-range.js';
import { machineMemory } from '../../run/local/resources.js';
import { SlurmError, slurmCommands } from '../../run/slurm/command.js';
import { fittedTable } from '../../text/fitted-table.js';
import { version } from '../../version.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print, printError, terminalWidth } from '../terminal/output.js';

interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'optional' | 'PROBLEM';
  readonly found: string;
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** `doctor`: what this machine offers, and what is missing. Exit code 1 where something needed is. */
export async function doctorCommand(options: PipelineOptions & { readonly build?: boolean }): Promise<number> {
  if (options.build) for (const engine of engines) await engine.prepare?.((line) => printError(line), true);
  const findings: Finding[] = [
    { what: 'spikeline', state: 'ok', found: version },
    node(),
    { what: 'processor', state: 'ok', found: `${coresFound()}, ${cpus()[0]?.model ?? 'unknown'}` },
    {
      what: 'memory',
      state: 'ok',
      found: `${gigabytes(process.availableMemory())} free of ${gigabytes(machineMemory())}`,
    },
    ...(await Promise.all(engines.map(engine))),
    await slurm(),
    data(),
    cache(),
    store(artifactsFolder(options.artifacts)),
  ];
  print(
    fittedTable(
      findings as unknown as Record<string, string>[],
      [{ key: 'what' }, { key: 'state' }, { key: 'found' }],
      terminalWidth(),
    ),
  );
  return findings.some(({ state }) => state === 'PROBLEM') ? exitCodes.failed : exitCodes.done;
}

function coresFound(): string {
  const [usable, all] = [usableCores(), cpus().length];
  return usable < all
    ? `${usable} of ${all} cores, which is what this program may use`
    : `${usable} ${usable === 1 ? 'core' : 'cores'}`;
}

function node(): Finding {
  const problem = nodeProblem(process.versions.node);
  if (problem === undefined) return { what: 'Node', state: 'ok', found: process.version };
  return { what: 'Node', state: 'PROBLEM', found: `${process.version}: ${problem}` };
}

/** The default engine is needed; of others one is told how to choose them. */
async function engine(tried: Engine): Promise<Finding> {
  const { usable, text, choice } = await tried.describe();
  const what = `engine ${tried.name}`;
  if (tried === defaultEngine) return { what, state: usable ? 'ok' : 'PROBLEM', found: text };
  return {
    what,
    state: 'optional',
    found: usable ? `${text}: --engine ${tried.name}${choice === undefined ? '' : `; ${choice}`}` : `none: ${text}`,
  };
}

async function slurm(): Promise<Finding> {
  const what = 'Slurm';
  const state = 'optional';
  try {
    const version = await slurmCommands.version();
    const partitions = await slurmCommands.partitions();
    return { what, state, found: `${version}, partitions ${partitions.join(', ')}: run --executor slurm` };
  } catch (error) {
    const missing = error instanceof SlurmError && error.code === 'E_SLURM_MISSING';
    const why = (error as Error).message.split('\n').at(-1)!;
    return { what, state, found: missing ? 'not found' : `installed, but not answering: ${why}` };
  }
}

function data(): Finding {
  const { SPIKELINE_DATA: own } = process.env;
  const folders = [
    ...(own === undefined ? [] : [`SPIKELINE_DATA=${own}${existsSync(own) ? '' : ' (missing!)'}`]),
    ...(existsSync(debianFolder) ? [debianFolder] : []),
  ];
  const state = own !== undefined && !existsSync(own) ? 'PROBLEM' : 'optional';
  return {
    what: 'local data',
    state,
    found: folders.length > 0 ? folders.join(', ') : 'none: data sets are downloaded when needed',
  };
}

/** Without it nothing is wrong, but slow. */
function cache(): Finding {
  const folder = cacheFolder();
  const [what, state] = ['cache', 'optional'] as const;
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
    return { what, state, found: folder };
  } catch (error) {
    const { message } = inOurWords(error, folder);
    return {
      what,
      state,
      found: `none: ${message} Downloads are kept nowhere. Name another folder in SPIKELINE_CACHE`,
    };
  }
}

function store(folder: string): Finding {
  // Of its own it may lie on another disk: it may be a link, or the place of a mount.
  const files = join(folder, 'store');
  try {
    makeFolder(folder);
    const isLink = lstatSync(files, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    if (isLink && !existsSync(files)) throw new UserError('E_STORE_LINK', `${files} is a link to nothing.`);
    const places = existsSync(files) ? [folder, files] : [folder];
    for (const place of places) accessSync(place, constants.W_OK);
    const free = freeBytes(files);
    const room = free === undefined ? '' : `, ${gigabytes(free)} free`;
    return { what: 'store', state: 'ok', found: `${folder}${isLink ? ` (files: ${realpathSync(files)})` : ''}${room}` };
  } catch (error) {
    const { message, hint = '' } = inOurWords(error, folder);
    return { what: 'store', state: 'PROBLEM', found: `${message} ${hint}`.trim() };
  }
}

/** What is wrong with a folder: what this program says of it, or what the system has refused. */
function inOurWords(error: unknown, folder: string): { readonly message: string; readonly hint?: string | undefined } {
  return error instanceof UserError ? error : (systemError(error, folder) ?? (error as Error));
}
