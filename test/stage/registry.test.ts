import { expect, it } from 'vitest';
import { builtInStage } from '../../src/stage/registry.js';

it('gives a built-in stage with what it declares of its time, if it does', async () => {
  expect((await builtInStage('train'))?.cost).toMatchObject({ counts: expect.arrayContaining(['epochs']) });
  expect(await builtInStage('export')).toMatchObject({ name: 'export' });
  expect((await builtInStage('export'))?.cost).toBeUndefined();
  expect(await builtInStage('none')).toBeUndefined();
});
