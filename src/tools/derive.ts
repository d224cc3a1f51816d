import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateJsonSchema } from '../pipeline/schema.js';
import { type BuiltFingerprints, builtInFingerprint, wasmFingerprint } from '../stage/fingerprint.js';
import { builtInStageNames, builtInStages } from '../stage/registry.js';

/**
 * Writes what is made from the built program into `.build`: the fingerprints of the built-in stages and the engine, and
 * the JSON Schema of pipeline files.
 */
export async function derive(root: string): Promise<void> {
  const stages = builtInStageNames().map(async (name) => [name, await builtInFingerprint(name)] as const);
  const fingerprints: BuiltFingerprints = {
    engine: await wasmFingerprint(),
    stages: Object.fromEntries(await Promise.all(stages)),
  };
  await replace(join(root, '.build/fingerprints.json'), fingerprints);
  await replace(join(root, '.build/pipeline.schema.json'), generateJsonSchema(await builtInStages()));
}

/** A run that reads meanwhile finds the old content or the new. */
async function replace(file: string, content: unknown): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`);
  await rename(draft, file);
}
