import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestBytes } from '../../../src/files/digest.js';
import type { Task } from '../../../src/pipeline/expand/task.js';
import { buildKeyParts, type KeyContext, keyOf } from '../../../src/run/plan/key.js';
import type { Json } from '../../../src/values.js';
import { command, plainStage, stageTask } from '../examples.js';

const none: KeyContext = { inputs: {}, env: {}, files: [] };
const artifact = (content: string) => ({ kind: 'file', digest: digestBytes(content), size: content.length }) as const;
const single = (content: string) => ({ artifact: artifact(content), name: 'o.txt', axes: {}, labels: {} });

describe('buildKeyParts', () => {
  it('names every part', () => {
    const task = stageTask('snn@noise=0.1', 'plain', plainStage, {
      parameters: { noise: 0.1, levels: [1, 2] },
      env: ['SEED', 'UNSET'],
    });
    const context: KeyContext = {
      inputs: {
        data: single('data'),
        many: [{ ...single('x'), axes: { precision: { k: 1, B: 2 } }, labels: { precision: 'k1B2' } }],
      },
      fingerprint: 'sha256:code',
      engine: { name: 'wasm', fingerprint: 'sha256:engine' },
      env: { SEED: '7', OTHER: 'not declared' },
      files: [digestBytes('folder')],
    };
    expect(buildKeyParts(task, context)).toEqual({
      type: 'spikeline-task/2',
      action: { stage: 'plain', fingerprint: 'sha256:code' },
      parameters: { noise: 0.1, levels: [1, 2] },
      inputs: {
        data: { digest: digestBytes('data') },
        many: [{ digest: digestBytes('x'), axes: { precision: { k: 1, B: 2 } }, labels: { precision: 'k1B2' } }],
      },
      outputs: { result: 'result.txt' },
      env: { SEED: digestBytes('7'), UNSET: null },
      files: { 0: digestBytes('folder') },
      engine: { name: 'wasm', fingerprint: 'sha256:engine' },
    });
  });

  it('leaves out parameters that the stage says its result does not depend on', () => {
    const stage = { ...plainStage, keyless: ['from'] };
    const task = stageTask('a', 'plain', stage, { parameters: { noise: 0.1, from: 'here' } });
    expect(buildKeyParts(task, none).parameters).toEqual({ noise: 0.1 });
  });

  it('holds commands as data, without paths', () => {
    const words = [[{ text: 'cp' }], [{ text: '--in=' }, { input: 'data' }], [{ value: '3' }], [{ output: 'result' }]];
    expect(buildKeyParts(command('a'), none).action).toEqual({ command: [[{ text: 'make' }], [{ output: 'result' }]] });
    const list = command('a', { action: { kind: 'command', command: words } });
    expect(buildKeyParts(list, none).action).toEqual({ command: words });
    const script = command('a', { action: { kind: 'shell', shell: 'sh', script: words.flat() } });
    expect(buildKeyParts(script, none).action).toEqual({ script: words.flat(), shell: 'sh' });
  });
});

describe('inputs', () => {
  const seen = {
    ...single('a'),
    artifact: { ...artifact('a'), executable: true },
    axes: { k: 1 },
    labels: { k: '1' },
  } as const;
  const inputsOf = (task: Task) =>
    buildKeyParts(task, { ...none, inputs: { one: seen, many: [seen] }, fingerprint: 'f' }).inputs;
  const digest = digestBytes('a');
  const place = { axes: { k: 1 }, labels: { k: '1' } };

  it('are what a command can see: names and modes, not where they lie on axes', () => {
    const all = { digest, name: 'o.txt', executable: true };
    expect(inputsOf(command('a'))).toEqual({ one: all, many: [all] });
  });

  it('are all of it for stages of the user’s, and content and axes for built-in ones', () => {
    const all = { digest, name: 'o.txt', executable: true };
    expect(inputsOf(stageTask('a', './own.ts', plainStage))).toEqual({ one: all, many: [{ ...all, ...place }] });
    expect(inputsOf(stageTask('a', 'plot', plainStage))).toEqual({ one: { digest }, many: [{ digest, ...place }] });
  });
});

describe('keyOf', () => {
  it('is the same everywhere and always', () => {
    expect(keyOf(buildKeyParts(command('make'), none))).toBe(
      'c010365ee924551788ee804d7069dd8d8ad632cd431a5ed70982dcabeb09479c',
    );
  });

  it('does not depend on names of tasks, stages and axes, on labels, resources and the order of keys', () => {
    const parameters = fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<Json>);
    fc.assert(
      fc.property(parameters, (values) => {
        const reversed = Object.fromEntries(Object.entries(values).reverse());
        const one = command('train@k=1', { parameters: values, axes: { k: 1 }, labels: { k: '1' } });
        const other = command('fit', { parameters: reversed, resources: { cpus: 'all' } });
        expect(keyOf(buildKeyParts(other, none))).toBe(keyOf(buildKeyParts(one, none)));
      }),
    );
  });

  it('depends on everything else', () => {
    const context: KeyContext = {
      inputs: { data: single('a'), more: [single('b'), single('c')] },
      fingerprint: 'sha256:1',
      engine: { name: 'wasm', fingerprint: 'sha256:2' },
      env: { SEED: '1' },
      files: [digestBytes('d')],
    };
    const task = stageTask('t', 'plain', plainStage, { parameters: { a: 1 }, env: ['SEED'] });
    const changedTasks: Partial<Task>[] = [
      { parameters: { a: '1' } },
      { parameters: { a: 1, b: null } },
      { outputs: { result: 'other.txt' } },
      { outputs: { other: 'result.txt' } },
      { env: [] },
      { action: { kind: 'command', command: [[{ text: 'x' }]] } },
      { action: { kind: 'command', command: [[{ value: 'x' }]] } },
      { action: { kind: 'shell', shell: 'sh', script: [{ text: 'x' }] } },
    ];
    const changedContexts: Partial<KeyContext>[] = [
      { inputs: { data: single('A'), more: [single('b'), single('c')] } },
      { inputs: { data: single('a'), more: [single('c'), single('b')] } },
      { inputs: { data: single('a'), more: [single('b')] } },
      { inputs: { data: [single('a')], more: [single('b'), single('c')] } },
      { inputs: { other: single('a'), more: [single('b'), single('c')] } },
      { inputs: { data: single('a'), more: [{ ...single('b'), labels: { k: '1' } }, single('c')] } },
      { inputs: { data: single('a'), more: [{ ...single('b'), axes: { k: 1 } }, single('c')] } },
      { fingerprint: 'sha256:3' },
      { engine: { name: 'wasm', fingerprint: 'sha256:3' } },
      { engine: { name: 'tensorflow', fingerprint: 'sha256:2' } },
      { env: { SEED: '2' } },
      { env: {} },
      { env: { SEED: '' } },
      { files: [digestBytes('e')] },
      { files: [] },
    ];
    const keys = [
      keyOf(buildKeyParts(task, context)),
      ...changedTasks.map((change) => keyOf(buildKeyParts({ ...task, ...change }, context))),
      ...changedContexts.map((change) => keyOf(buildKeyParts(task, { ...context, ...change }))),
    ];
    expect(new Set(keys).size).toBe(1 + changedTasks.length + changedContexts.length);
  });

  it('takes -0 for 0', () => {
    const withValue = (value: Json) => keyOf(buildKeyParts(command('a', { parameters: { rates: [value] } }), none));
    expect(withValue(-0)).toBe(withValue(0));
  });
});
