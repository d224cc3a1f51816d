// What was found out about V8's flags, kept in the user's cache folder: a file for each version of Node, its processor
// and the kernels. To find it there costs a read.
import { cpus } from 'node:os';
import { join } from 'node:path';
import { machineFolder } from '../../../data/locations.js';
import { writeAtomically } from '../../../files/atomic.js';
import { digestBytes, digestJson, hexOf } from '../../../files/digest.js';
import { readRegularFile } from '../../../files/regular-file.js';
import type { Finding, Flags } from './trial.js';

const folder = () => machineFolder('compiler');

/** Names the file, after all that a verdict can depend on. */
export function verdictName(kernels: Uint8Array): string {
  const { versions, arch, platform, env } = process;
  const processor = cpus()[0]?.model ?? '';
  const options = env.NODE_OPTIONS ?? '';
  const circumstances = { versions, arch, platform, processor, options, kernels: digestBytes(kernels) };
  return `node-${versions.node}-${hexOf(digestJson(circumstances)).slice(0, 16)}.json`;
}

/** The flags that were found to work. Whatever else the file may hold is as good as no file: flags can do harm. */
export function readVerdict(name: string, sets: readonly Flags[]): Flags | undefined {
  try {
    const { flags } = JSON.parse(readRegularFile(join(folder(), name)).toString()) as { readonly flags?: unknown };
    return sets.find((set) => JSON.stringify(set) === JSON.stringify(flags));
  } catch {
    return undefined;
  }
}

/** Keeps what is certain. Where it can't be written, the next process finds it out anew. */
export async function rememberVerdict(name: string, { flags, rejected, certain }: Finding): Promise<void> {
  if (!certain) return;
  const text = `${JSON.stringify({ flags, rejected }, null, 2)}\n`;
  await writeAtomically(join(folder(), name), [text], folder()).catch(() => undefined);
}
