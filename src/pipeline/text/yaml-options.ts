import type { DocumentOptions, ParseOptions, SchemaOptions } from 'yaml';

/**
 * YAML 1.2 with its core schema, whatever a file says of its version: values are what JSON has. Tags of other types
 * (dates, sets, bytes) are told, not read: no key would hold what they become.
 */
export const yamlOptions = {
  schema: 'core',
  resolveKnownTags: false,
  uniqueKeys: false,
  prettyErrors: false,
  strict: true,
} satisfies ParseOptions & DocumentOptions & SchemaOptions;
