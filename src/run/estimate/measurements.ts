// How long a few steps of work took on this machine, kept in the user's cache folder: a file for each kind of work, with
// the machine, its cores and the engine's code in its name.
import { join } from 'node:path';
import { cacheFolder } from '../../data/locations.js';
import { writeAtomically } from '../../files/atomic.js';
import { digestJson, hexOf } from '../../files/digest.js';
import { readRegularFile } from '../../files/regular-file.js';
import type { EngineFingerprint } from '../../stage/fingerprint.js';
import type { Json } from '../../values.js';
import { thisPlatform } from '../local/platform.js';

/** What is measured. */
export interface Measurable {
  readonly work: Json;
  readonly engine: EngineFingerprint;
  readonly threads: number;
}

const folder = () => join(cacheFolder(), 'measured');

/** A name for it, on this machine. */
export function measurableName({ work, engine, threads }: Measurable): string {
  const about = { work, engine: engine as unknown as Json, threads, node: process.version, platform: thisPlatform };
  return hexOf(digestJson(about)).slice(0, 32);
}

/** Seconds that were measured; undefined where nothing was, or it can't be read. */
export function recall(name: string): number | undefined {
  try {
    const { seconds } = JSON.parse(readRegularFile(join(folder(), `${name}.json`)).toString()) as { seconds?: unknown };
    return typeof seconds === 'number' && seconds > 0 ? seconds : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what was measured, for later plans. Where it can't be written, it is measured again. */
export async function remember(name: string, measured: Measurable, seconds: number): Promise<void> {
  const text = `${JSON.stringify({ seconds, at: new Date().toISOString(), ...measured }, null, 2)}\n`;
  await writeAtomically(join(folder(), `${name}.json`), [text], folder()).catch(() => undefined);
}
