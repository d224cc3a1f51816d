import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TSchema } from '@sinclair/typebox';
import type { Options, ValidateFunction } from 'ajv';
import { buildFolder } from '../paths.js';
import { requireModule } from '../require-module.js';

export const ajvOptions: Options = { allErrors: true, verbose: true, useDefaults: true, strict: false };

/**
 * What the build makes of the schemas that it knows: ajv takes a tenth of a second to load and compile them. A file for
 * each, because most runs need that of pipeline files alone.
 */
export const validatorsFolder = join(buildFolder, 'validators');

/**
 * The schema as ajv takes it: TypeBox marks its schemas with symbols, ajv wants plain JSON. A map that does not say
 * whether it takes other keys takes none: a misspelt parameter must not pass.
 */
export function plainSchema(schema: TSchema): TSchema {
  const plain = JSON.parse(JSON.stringify(schema)) as TSchema;
  return plain.type === 'object' && plain.properties ? { additionalProperties: false, ...plain } : plain;
}

/** The file of a plain schema's validator: by content, so that one of another version is never found. */
export function validatorFile(plain: TSchema): string {
  return `${hash('sha256', JSON.stringify([ajvOptions, plain]), 'hex').slice(0, 32)}.cjs`;
}

const validators = new WeakMap<TSchema, ValidateFunction>();

/** The validator of a schema. It fills in the schema's defaults. */
export function validatorOf(schema: TSchema): ValidateFunction {
  let validate = validators.get(schema);
  if (validate === undefined) {
    const plain = plainSchema(schema);
    const built = join(validatorsFolder, validatorFile(plain));
    validate = existsSync(built) ? (requireModule(built) as ValidateFunction) : compile(plain);
    validators.set(schema, validate);
  }
  return validate;
}

function compile(plain: TSchema): ValidateFunction {
  const { Ajv } = requireModule(join(buildFolder, 'vendor/ajv.cjs')) as typeof import('ajv');
  return new Ajv(ajvOptions).compile(plain);
}
