import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/files/canonical.js';
import type { Task } from '../../../src/pipeline/expand/task.js';
import { reasonsToRun } from '../../../src/run/plan/reasons.js';
import type { KeyInput, KeyParts } from '../../../src/store/types.js';
import type { Digest, TaskId } from '../../../src/values.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;

const parts: KeyParts = {
  type: 'spikeline-task/2',
  action: { stage: 'train', fingerprint: digest('0') },
  parameters: {},
  inputs: {},
  outputs: {},
  env: {},
  files: {},
  engine: null,
};

/** What a record holds: the same, with maps sorted by name. */
const stored = (parts: KeyParts) => JSON.parse(canonicalJson(parts)) as KeyParts;

const changesOf = (before: Partial<KeyParts>, now: Partial<KeyParts>, task: Pick<Task, 'inputs'> = { inputs: {} }) =>
  reasonsToRun(task, { parts: stored({ ...parts, ...before }) }, { parts: { ...parts, ...now } }, ['data']).map(
    ({ code, changes }) => [code, changes],
  );

const item = (letter: string, precision: string, noise: string) => ({
  digest: digest(letter),
  axes: { precision, noise },
  labels: { precision, noise },
});

describe('explain', () => {
  const reasonsOf = (from: KeyInput | readonly KeyInput[], to: KeyInput | readonly KeyInput[]) =>
    reasonsToRun(
      { inputs: {} },
      { parts: { ...parts, inputs: { a: from } } },
      { parts: { ...parts, inputs: { a: to } } },
      [],
    ).map(({ text }) => text);

  it('says what of an input changed: content, name, or the executable bit', () => {
    const input = { digest: digest('a'), name: 'o.txt' };
    expect(reasonsOf(input, { ...input, digest: digest('b') })).toEqual(['input "a" changed: aaaaaaaa → bbbbbbbb']);
    expect(reasonsOf(input, { ...input, name: 'data.csv' })).toEqual([
      'input "a" has a different file name: o.txt → data.csv',
    ]);
    expect(reasonsOf(input, { ...input, executable: true })).toEqual(['input "a" is executable now']);
    expect(reasonsOf({ ...input, executable: true }, input)).toEqual(['input "a" is not executable any more']);
    expect(reasonsOf([input], [{ ...input, digest: digest('b') }])).toEqual(['input "a": o.txt changed']);
    expect(reasonsOf([input], [{ ...input, executable: true }])).toEqual([
      'input "a": the order, the values or the file names of its items changed',
    ]);
  });

  it('tells items without labels by their content: those that others push down have not changed', () => {
    const items = (letters: string) => [...letters].map((x, at) => ({ digest: digest(x), name: `${at}/o.txt` }));
    expect(reasonsOf(items('abc'), items('cba'))).toEqual([
      'input "a": the order, the values or the file names of its items changed',
    ]);
    expect(reasonsOf(items('abc'), items('dabc'))).toEqual(['input "a": 0/o.txt new']);
    expect(reasonsOf(items('dabc'), items('abc'))).toEqual(['input "a": 0/o.txt gone']);
    expect(reasonsOf(items('abc'), items('axc'))).toEqual(['input "a": 1/o.txt changed']);
    expect(reasonsOf(items('aab'), items('aba'))).toHaveLength(1);
    expect(reasonsOf(items('aa'), items('aaa'))).toEqual(['input "a": 2/o.txt new']);
  });

  it('does not compare with keys of an earlier version part by part', () => {
    const before = { ...parts, type: 'spikeline-task/1' } as unknown as KeyParts;
    expect(reasonsToRun({ inputs: {} }, { parts: before }, { parts }, []).map(({ text }) => text)).toEqual([
      'it was made by a version of Spikeline that made keys differently',
    ]);
  });
});

describe('changes', () => {
  it('are the paths of parameters, with values of any length', () => {
    const long = 'x'.repeat(100);
    expect(changesOf({ parameters: { a: { b: 1 }, c: long } }, { parameters: { a: { b: '1' }, c: [long] } })).toEqual([
      ['parameter', [{ name: 'a.b', from: 1, to: '1' }]],
      ['parameter', [{ name: 'c', from: long, to: [long] }]],
    ]);
  });

  it('are none where maps are sorted otherwise', () => {
    const now = {
      parameters: { layers: [{ size: 1, name: 'a' }] },
      inputs: { list: [item('a', 'k0', '0'), item('b', 'k0', '0.1')] },
    };
    expect(changesOf(now, now)).toEqual([]);
  });

  it('are the items of lists, in the order of their axes, with the tasks that make them', () => {
    const before = { inputs: { snn: [item('a', 'k0', '0'), item('b', 'k0', '0.1')] } };
    const now = { inputs: { snn: [item('c', 'k0', '0'), item('b', 'k1', '0')] } };
    const ids = ['snn@precision=k0,noise=0', 'snn@precision=k1,noise=0'] as TaskId[];
    const inputs: Task['inputs'] = { snn: { kind: 'list', items: ids.map((task) => ({ task, output: 'result' })) } };
    expect(changesOf(before, now, { inputs })).toEqual([
      [
        'input',
        [
          { name: 'snn[precision=k0,noise=0]', from: digest('a'), to: digest('c'), task: ids[0] },
          { name: 'snn[precision=k0,noise=0.1]', from: digest('b') },
          { name: 'snn[precision=k1,noise=0]', to: digest('b'), task: ids[1] },
        ],
      ],
    ]);
  });

  it('are files, the engine, the stage, and variables without their values', () => {
    const before: Partial<KeyParts> = {
      ...{ files: { 0: digest('a') }, env: { TOKEN: 'secret' } },
      engine: { name: 'wasm', fingerprint: digest('e') },
    };
    const now: Partial<KeyParts> = {
      ...{ files: { 0: digest('b') }, env: { TOKEN: 'hidden' } },
      ...{ engine: { name: 'wasm', fingerprint: digest('f') }, action: { stage: 'test', fingerprint: digest('1') } },
    };
    expect(changesOf(before, now)).toEqual([
      ['code', [{ name: 'stage', from: 'train', to: 'test' }]],
      ['file', [{ name: 'data', from: digest('a'), to: digest('b') }]],
      ['env', [{ name: 'TOKEN' }]],
      ['engine', [{ name: 'wasm', from: digest('e'), to: digest('f') }]],
    ]);
  });

  it('leave the difference of long commands in one line', () => {
    const action = (value: string) => ({
      shell: 'sh',
      script: [{ text: `${'echo and so on; '.repeat(10)}sleep ${value}` }],
    });
    const [reason] = reasonsToRun(
      { inputs: {} },
      { parts: { ...parts, action: action('1') } },
      { parts: { ...parts, action: action('2') } },
      [],
    );
    expect(reason!.text).toBe('command: …echo and so on; sleep 1 → …echo and so on; sleep 2');
  });
});
