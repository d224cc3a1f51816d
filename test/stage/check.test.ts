import { describe, expect, it } from 'vitest';
import { definitionProblems } from '../../src/stage/check.js';

const right = {
  name: 'count',
  summary: 'Counts',
  parameters: { type: 'object', properties: {} },
  inputs: { data: { description: 'Images' } },
  outputs: { result: { description: 'A number', path: 'n.json' } },
  run: () => undefined,
};

describe('what is wrong with a definition', () => {
  it('is nothing where all is as it is to be', () => {
    expect(definitionProblems(right)).toEqual([]);
    expect(definitionProblems({ ...right, usesEngine: ['train', 'evaluate'], keyless: ['threads'] })).toEqual([]);
  });

  it.each([
    [{ usesEngine: ['fly'] }, 'usesEngine must list what it needs of train, evaluate, simulate'],
    [{ usesEngine: 'train' }, 'usesEngine must list what it needs of train, evaluate, simulate'],
    [{ keyless: [1] }, 'keyless must be a list of names of parameters'],
    [
      { fromPipeline: { title: 'size' } },
      'fromPipeline must name for each parameter one of name, description, expect, repeat',
    ],
    [{ inputs: undefined }, 'inputs must be an object, { } if there are none'],
    [{ outputs: { x: { path: 'x' } } }, 'outputs.x must have a description'],
    [{ columns: [{ title: 'n' }] }, expect.stringMatching(/^columns must be a list of /)],
    [{ check: true }, 'check must be a function'],
  ])('%j', (part, problem) => {
    expect(definitionProblems({ ...right, ...part })).toEqual([problem]);
  });
});
