import { describe, expect, it } from 'vitest';
import { definitionProblems } from '../../src/stage/check.js';
import { conditionWords, type Need, needWords, unmetNeeds } from '../../src/stage/needs.js';

const either: Need = {
  anyOf: [{ parameters: { k: 1, B: 2 } }, { parameters: { precision: 'fp32' } }, { inputs: ['a'] }],
};
const forOnnx: Need = { anyOf: [{ inputs: ['a'] }], when: { formats: ['npz', 'onnx'] } };
const forOthers: Need = { anyOf: [{ inputs: ['a'] }], unless: { network: ['lenet', 'vgg'] } };

describe('what a stage needs', () => {
  it.each<[Need, object, string[], string[] | undefined]>([
    [either, {}, [], []],
    [either, { k: 1 }, [], []],
    [either, { k: 0, B: 2 }, [], undefined],
    [either, { precision: false }, [], undefined],
    [either, {}, ['a'], undefined],
    [forOnnx, {}, [], undefined],
    [forOnnx, { formats: ['nir'] }, [], undefined],
    [forOnnx, { formats: ['nir', 'onnx', 'npz'] }, [], ['formats: onnx, npz']],
    [forOnnx, { formats: 'onnx' }, [], ['formats: onnx']],
    [forOnnx, { formats: ['onnx'] }, ['a'], undefined],
    [forOthers, {}, [], undefined],
    [forOthers, { network: 'vgg' }, [], undefined],
    [forOthers, { network: '16C5' }, [], ['network: 16C5']],
    [forOthers, { network: ['16C5'] }, [], []],
  ])('%j of %j and %j: %j', (need, parameters, inputs, because) => {
    const unmet = unmetNeeds([need], { parameters: parameters as Record<string, unknown>, inputs });
    expect(unmet.map((one) => one.because)).toEqual(
      because === undefined ? [] : because.length === 0 ? [undefined] : because,
    );
  });

  it('is told in words', () => {
    expect(needWords(either)).toBe('the parameters "k" and "B", the parameter "precision" or the input "a"');
    expect(needWords({ anyOf: ['a', 'b', 'c'].map((input) => ({ inputs: [input] })) })).toBe(
      'the input "a", "b" or "c"',
    );
    expect(needWords({ anyOf: [{ parameters: { x: 1 }, inputs: ['a'] }] })).toBe(
      'the parameter "x" with the input "a"',
    );
    expect([either, forOnnx, forOthers].map(conditionWords)).toEqual([
      '–',
      '"formats" has npz or onnx',
      '"network" is given and not lenet or vgg',
    ]);
  });
});

describe('needs of a user’s stage', () => {
  const stage = {
    ...{ name: 'mine', summary: 'Mine', outputs: {}, run: () => undefined },
    parameters: { type: 'object', properties: { k: {}, B: {} } },
    inputs: { a: { description: 'A.' } },
  };
  const form = 'needs must be a list of { anyOf: [{ parameters: { NAME: EXAMPLE }, inputs: [NAME] }], when, unless }';
  it.each<[unknown, string[]]>([
    [[], []],
    [[{ anyOf: [{ parameters: { k: 1, B: 2 } }, { inputs: ['a'] }], when: { k: [1] } }], []],
    [{ anyOf: [] }, [form]],
    [[{ anyOf: [] }], [form]],
    [[{ anyOf: [{}] }], [form]],
    [[{ anyOf: [{ inputs: 'a' }] }], [form]],
    [[{ anyOf: [{ inputs: ['a'] }], when: { k: 1 } }], [form]],
    [
      [{ anyOf: [{ parameters: { q: 1 } }, { inputs: ['k'] }], unless: { toString: [1] } }],
      ['parameter "q"', 'input "k"', 'parameter "toString"'].map((name) => `needs names the ${name}, which is none`),
    ],
  ])('%j: %j', (needs, problems) => {
    expect(definitionProblems({ ...stage, needs })).toEqual(problems);
  });
});
