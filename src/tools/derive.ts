import { hash } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TSchema } from '@sinclair/typebox';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';
import { ConfigSchema } from '../config/config.js';
import { PipelineSchema } from '../pipeline/check/schema.js';
import { generateJsonSchema } from '../pipeline/json-schema.js';
import { ajvOptions, plainSchema, validatorFile, validatorsFolder } from '../schema/validators.js';
import {
  type BuiltFingerprints,
  builtInFingerprint,
  fingerprintsFile,
  takeEngineFingerprints,
  takeParserFingerprint,
} from '../stage/fingerprint.js';
import { builtInStageNames, builtInStages } from '../stage/registry.js';
import { RemoteRecordSchema } from '../store/remote/record-schema.js';

export { removeOldBuilds, retireBuild } from '../files/build-use.js';

/**
 * Writes what is made from the built program into its folder: the fingerprints of the built-in stages and the engines, the
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
  await replace(fingerprintsFile, json(fingerprints));
  await replace(join(root, '.build/pipeline.schema.json'), json(generateJsonSchema(definitions)));
  const parameters = definitions.map((definition) => definition.parameters);
  await writeValidators(root, [PipelineSchema, ConfigSchema, RemoteRecordSchema, ...parameters]);
}

/** Writes a CommonJS module for each schema, and removes those of earlier builds. */
async function writeValidators(root: string, schemas: readonly TSchema[]): Promise<void> {
  await mkdir(validatorsFolder, { recursive: true });
  const names = new Set<string>();
  for (const schema of schemas.map(plainSchema)) {
    const name = validatorFile(schema);
    if (names.has(name)) continue;
    names.add(name);
    const ajv = new Ajv({ ...ajvOptions, inlineRefs: false, code: { source: true } });
    // With the few functions of ajv's that it calls: as files of their own, they take longer to load than all the rest.
    const { outputFiles } = await build({
      stdin: { contents: standalone.default(ajv, ajv.compile(inParts(schema))), resolveDir: root },
      ...{ bundle: true, minify: true, format: 'cjs', platform: 'node', target: 'node20', write: false },
    });
    await replace(join(validatorsFolder, name), outputFiles[0]!.text);
  }
  for (const name of await readdir(validatorsFolder)) if (!names.has(name)) await rm(join(validatorsFolder, name));
}

/** So long is the text of a map's schema that gets a function of its own. */
const longSchema = 1000;

/**
 * The same schema with its long maps as definitions. ajv makes a function of each, which V8 compiles soon, and one of what is
 * there twice; of the whole it would make one that takes longer to load than to run. Those in a union stay where they are:
 * errors in its branches are known by their paths.
 */
function inParts(schema: TSchema): TSchema {
  const definitions: Record<string, unknown> = {};
  const part = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object' || 'anyOf' in value) return value;
    if (Array.isArray(value)) return value.map(part);
    const inner = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, part(one)]));
    const text = JSON.stringify(value);
    if (inner.type !== 'object' || text.length < longSchema) return inner;
    const name = hash('sha256', text, 'hex');
    definitions[name] = inner;
    return { $ref: `#/$defs/${name}` };
  };
  const root = Object.fromEntries(Object.entries(schema).map(([key, one]) => [key, part(one)]));
  return { ...root, $defs: definitions } as unknown as TSchema;
}

const json = (content: unknown) => `${JSON.stringify(content, null, 2)}\n`;

/** A run that reads meanwhile finds the old content or the new. */
async function replace(file: string, content: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, content);
  await rename(draft, file);
}
