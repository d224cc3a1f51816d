import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TSchema } from '@sinclair/typebox';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { ConfigSchema } from '../config/config.js';
import { generateJsonSchema } from '../pipeline/json-schema.js';
import { PipelineSchema } from '../pipeline/schema.js';
import { ajvOptions, plainSchema, validatorName, validatorsFile } from '../pipeline/validators.js';
import {
  type BuiltFingerprints,
  builtInFingerprint,
  takeEngineFingerprints,
  takeParserFingerprint,
} from '../stage/fingerprint.js';
import { builtInStageNames, builtInStages } from '../stage/registry.js';
import { RemoteRecordSchema } from '../store/remote/record-schema.js';

/**
 * Writes what is made from the built program into `.build`: the fingerprints of the built-in stages and the engines, the
 * JSON Schema of pipeline files, and validators of the schemas that are known.
 */
export async function derive(root: string): Promise<void> {
  const stages = builtInStageNames().map(async (name) => [name, await builtInFingerprint(name)] as const);
  const fingerprints: BuiltFingerprints = {
    parser: await takeParserFingerprint(),
    engines: await takeEngineFingerprints(),
    stages: Object.fromEntries(await Promise.all(stages)),
  };
  const definitions = await builtInStages();
  await replace(join(root, '.build/fingerprints.json'), json(fingerprints));
  await replace(join(root, '.build/pipeline.schema.json'), json(generateJsonSchema(definitions)));
  await replace(
    validatorsFile,
    validators([PipelineSchema, ConfigSchema, RemoteRecordSchema, ...definitions.map(({ parameters }) => parameters)]),
  );
}

/** A CommonJS module with a validator of each schema. */
function validators(schemas: readonly TSchema[]): string {
  const ajv = new Ajv({ ...ajvOptions, code: { source: true } });
  const names = new Set<string>();
  for (const schema of schemas.map(plainSchema)) {
    const name = validatorName(schema);
    if (!names.has(name)) ajv.addSchema(schema, name);
    names.add(name);
  }
  return standalone.default(ajv, Object.fromEntries([...names].map((name) => [name, name])));
}

const json = (content: unknown) => `${JSON.stringify(content, null, 2)}\n`;

/** A run that reads meanwhile finds the old content or the new. */
async function replace(file: string, content: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, content);
  await rename(draft, file);
}
