import { Type } from '@sinclair/typebox';
import { expect, it } from 'vitest';
import type { InputOrigin, StageDefinition } from '../../../src/stage/definition.js';
import { lines, pipelineOf } from '../load.js';

it('a stage’s check is told what made its inputs, and on request what made the inputs of that', async () => {
  const asked: InputOrigin[] = [];
  const link: StageDefinition = {
    ...{ name: 'link', summary: 'Goes on', parameters: Type.Object({ at: Type.Number() }) },
    inputs: { from: { description: 'The one before', optional: true } },
    outputs: { out: { description: 'The next one', path: 'out' } },
    check(_, { from }) {
      if (from !== undefined) asked.push(from);
      return [];
    },
    run: () => Promise.resolve(),
  };
  const text = lines(`
    name: chain
    axes: { at: [1, 2] }
    stages:
      first: { uses: link, over: [at], with: { at: '\${{ at }}' } }
      second: { uses: link, over: [at], inputs: { from: first }, with: { at: 3 } }
      third: { uses: link, over: [at], inputs: { from: second }, with: { at: 4 } }
  `);
  await pipelineOf(text, { resolveStage: () => Promise.resolve(link) });
  const third = asked.filter(({ parameters }) => parameters.at === 3);
  expect(third.map((origin) => origin.inputs?.from?.parameters.at)).toEqual([1, 2]);
  expect(third[0]!.inputs?.from?.inputs).toEqual({});
  // What a stage of the user's is asked in another process does not grow with the chain.
  expect(JSON.parse(JSON.stringify(third[0]))).toEqual({ uses: 'link', parameters: { at: 3 } });
});
