import { existsSync } from 'node:fs';
import { access, constants, readFile, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { debianFolder } from '../../data/locations.js';
import { examineFlags } from '../../engine/compiler/flags.js';
import type { Flags } from '../../engine/compiler/trial.js';
import { describeLibrary, libraryText } from '../../engine/tensorflow/describe.js';
import { UserError } from '../../error.js';
import { makeFolder } from '../../files/make-folder.js';
import { buildFolder } from '../../paths.js';
import { SlurmError, slurmCommands } from '../../run/slurm/command.js';
import { renderTable } from '../../text/table.js';
import { version } from '../../version.js';
import type { PipelineOptions } from '../opening/options.js';
import { artifactsFolder } from '../opening/project.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print } from '../terminal/output.js';

interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'optional' | 'PROBLEM';
  readonly found: string;
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** `doctor`: what this machine offers, and what is missing. Exit code 1 where something needed is. */
export async function doctorCommand(options: PipelineOptions): Promise<number> {
  const findings: Finding[] = [
    { what: 'spikeline', state: 'ok', found: version },
    node(),
    { what: 'processor', state: 'ok', found: `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}` },
    { what: 'memory', state: 'ok', found: `${gigabytes(freemem())} free of ${gigabytes(totalmem())}` },
    await engine(),
    await tensorflow(),
    await slurm(),
    data(),
    await store(artifactsFolder(options.artifacts)),
  ];
  print(
    renderTable(
      findings as unknown as Record<string, string>[],
      [{ key: 'what' }, { key: 'state' }, { key: 'found' }],
      'text',
    ),
  );
  return findings.some(({ state }) => state === 'PROBLEM') ? exitCodes.failed : exitCodes.done;
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fine = major > 20 || (major === 20 && minor >= 19);
  return {
    what: 'Node',
    state: fine ? 'ok' : 'PROBLEM',
    found: `${process.version}${fine ? '' : ': 20.19 or newer is needed'}`,
  };
}

/** Has a process compute for real: SIMD and shared memory are what a sandbox may lack, and V8 may end that process. */
async function engine(): Promise<Finding> {
  const what = 'engine wasm';
  const kernels = join(buildFolder, 'kernels.wasm');
  if (!existsSync(kernels)) return { what, state: 'PROBLEM', found: 'the kernels are not built: run npm ci' };
  try {
    const { flags, rejected } = await examineFlags(await readFile(kernels));
    const tried = rejected.map((other) => `; a process with ${flagText(other.flags)} ${other.why}`).join('');
    const state = rejected.some((other) => other.flags.length === 0) ? 'PROBLEM' : 'ok';
    return { what, state, found: `WebAssembly with SIMD, threads on shared memory, ${flagText(flags)}${tried}` };
  } catch (error) {
    return { what, state: 'PROBLEM', found: (error as Error).message };
  }
}

const flagText = (flags: Flags): string => (flags.length === 0 ? 'no flags of V8' : flags.join(' '));

async function tensorflow(): Promise<Finding> {
  const what = 'engine tensorflow';
  try {
    return { what, state: 'optional', found: `${libraryText(await describeLibrary())}: --engine tensorflow` };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { what, state: 'optional', found: `none: ${error.message}` };
  }
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
    return { what, state, found: missing ? 'not found' : `its programs are here, but it does not answer: ${why}` };
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

async function store(folder: string): Promise<Finding> {
  try {
    makeFolder(folder);
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    return { what: 'store', state: 'ok', found: `${folder}, ${gigabytes(bavail * bsize)} free` };
  } catch (error) {
    return { what: 'store', state: 'PROBLEM', found: `${folder}: ${(error as Error).message}` };
  }
}
