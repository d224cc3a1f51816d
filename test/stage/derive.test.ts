import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { generateJsonSchema } from '../../src/pipeline/json-schema.js';
import { builtInStages } from '../../src/stage/registry.js';

it('keeps the schema beside the pipelines up to date (npm run build, then copy .build/pipeline.schema.json)', async () => {
  const text = readFileSync(join(packageRoot, 'pipelines/pipeline.schema.json'), 'utf8');
  expect(text).toBe(`${JSON.stringify(generateJsonSchema(await builtInStages()), null, 2)}\n`);
});
