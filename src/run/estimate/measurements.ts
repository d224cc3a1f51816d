// How long a few steps of work took on this machine, kept in the user's cache folder: a file for each kind of work, with
// the machine, its cores and the engine's code in its name.
import { join } from 'node:path';
import { cacheFolder } from '../../data/locations.js';
import { writeAtomically } from '../../files/atomic.js';
import { digestJson, hexOf } from '../../files/digest.js';
import { readRegularFile } from '../../files/regular-file.js';
import type { EngineFingerprint } from '../../stage/fingerprint.js';
import type { SampleTimes } from '../../stage/forecast.js';
import type { Json } from '../../values.js';
import { thisPlatform } from '../local/platform.js';

/** What is measured. */
export interface Measurable {
  readonly work: Json;
  readonly engine: EngineFingerprint;
  readonly threads: number;
}

/** What was found. */
export interface Measurement extends SampleTimes {
  /** True if other programs had a part of the machine meanwhile. */
  readonly hindered: boolean;
}

const folder = () => join(cacheFolder(), 'measured');

/** A name for it, on this machine. */
export function measurableName({ work, engine, threads }: Measurable): string {
  const about = { work, engine: engine as unknown as Json, threads, node: process.version, platform: thisPlatform };
  return hexOf(digestJson(about)).slice(0, 32);
}

/** What was measured; undefined where nothing was, or it can't be read. */
export function recall(name: string): Measurement | undefined {
  try {
    const text = readRegularFile(join(folder(), `${name}.json`)).toString();
    const { each, once, hindered } = JSON.parse(text) as { readonly [key in keyof Measurement]?: unknown };
    if (typeof each !== 'number' || !(each > 0) || typeof once !== 'number' || !(once >= 0)) return undefined;
    return { each, once, hindered: hindered === true };
  } catch {
    return undefined;
  }
}

/** Keeps what was measured, for later plans. Where it can't be written, it is measured again. */
export async function remember(name: string, about: Measurable, found: Measurement): Promise<void> {
  const text = `${JSON.stringify({ ...found, at: new Date().toISOString(), ...about }, null, 2)}\n`;
  await writeAtomically(join(folder(), `${name}.json`), [text], folder()).catch(() => undefined);
}
