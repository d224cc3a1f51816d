import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { generateJsonSchema } from '../../src/pipeline/json-schema.js';
import { builtInStages } from '../../src/stage/registry.js';
import { commandsPage, pipelineFilePage, stagesPage } from './reference.js';

describe('the reference is what the program goes by (`npm run docs` writes it anew)', () => {
  it('the schema beside the pipelines', async () => {
    const schema = `${JSON.stringify(generateJsonSchema(await builtInStages()), null, 2)}\n`;
    await expect(schema).toMatchFileSnapshot(join(packageRoot, 'pipelines/pipeline.schema.json'));
  });

  it.each([
    ['commands', commandsPage],
    ['stages', stagesPage],
    ['pipeline-file', pipelineFilePage],
  ])('%s', async (name, page) => {
    await expect(`${(await page()).trimEnd()}\n`).toMatchFileSnapshot(join(packageRoot, `docs/reference/${name}.md`));
  });
});
