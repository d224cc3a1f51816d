import { describe, expect, it } from 'vitest';
import { experimentId, fileKey, fileKeys, type MlflowRun, runFiles, runId } from '../../src/exchange/mlflow.js';

const run: MlflowRun = {
  ...{ identity: 'p\nt\nk', name: 't', started: 1000, ended: 3000 },
  metrics: { accuracy: 0.5, 'images/s': Number.NaN },
  curves: [1, 2].map((step) => ({ tag: 'accuracy', step, value: step / 4 })),
  parameters: { epochs: '2', note: 'two\nlines', '../../x': '1' },
  tags: { 'spikeline.task': 't' },
};

describe('a file store of MLflow', () => {
  it('has a file a metric, parameter and tag', () => {
    const files = runFiles(run, { id: '1', name: 'p' }, '/tmp/mlruns/1/x');
    expect([...files.keys()].at(-1)).toBe('meta.yaml');
    const { 'meta.yaml': meta, ...others } = Object.fromEntries(files);
    expect(others).toEqual({
      'metrics/accuracy': '3000 0.5 0\n',
      'metrics/images.s': '3000 nan 0\n',
      'metrics/curve/accuracy': '3000 0.25 1\n3000 0.5 2\n',
      'params/epochs': '2',
      'params/note': '"two\\nlines"',
      'params/......x': '1',
      'tags/spikeline.task': 't',
      'tags/mlflow.runName': 't',
    });
    expect(meta).toContain('start_time: 1000\nstatus: 3\n');
  });

  it('knows a run and an experiment again', () => {
    expect(runId(run)).toMatch(/^[0-9a-f]{32}$/);
    expect(runId({ ...run, identity: 'other' })).not.toBe(runId(run));
    expect(experimentId('p')).toMatch(/^[1-9]\d{17}$/);
    expect(experimentId('p')).toBe(experimentId('p'));
    expect(experimentId('q')).not.toBe(experimentId('p'));
  });

  it.each([
    ['a/b', 'a.b'],
    ['..', '__'],
    ['', '_'],
    ['é%', '__'],
  ])('takes no name for a path: %j', (name, key) => {
    expect(fileKey(name)).toBe(key);
  });

  it('keeps names apart that it would take for one, and those that are too long', () => {
    const long = 'x'.repeat(300);
    const names = ['a/b', 'a.b', 'Loss', 'loss', '', '_', 'curve', `${long}1`, `${long}2`];
    const keys = fileKeys(names, ['curve']);
    expect([...keys.keys()].sort()).toEqual([...names].sort());
    expect(new Set([...keys.values()].map((key) => key.toLowerCase())).size).toBe(names.length);
    expect(keys.get('a.b')).toBe('a.b');
    expect(keys.get('a/b')).toMatch(/^a\.b_[0-9a-f]{8}$/);
    for (const key of keys.values()) expect(key).toMatch(/^[\w.-]{1,250}$/);
    // The same in any order of what needs a mark.
    expect(fileKeys(['a.b', 'a/b']).get('a/b')).toBe(keys.get('a/b'));
    const files = runFiles(
      { ...run, metrics: { 'a/b': 1, 'a.b': 2, curve: 3 }, parameters: { 'a/b': 'x', 'a.b': 'y' } },
      { id: '1', name: 'p' },
      '/tmp/mlruns/1/x',
    );
    expect([files.get('metrics/a.b'), files.get('params/a.b'), files.has('metrics/curve')]).toEqual([
      '3000 2 0\n',
      'y',
      false,
    ]);
  });
});
