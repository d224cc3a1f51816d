import { describe, expect, it } from 'vitest';
import { type RunResultRow, runsText } from '../../../src/cli/results/runs.js';
import type { Metrics, TaskId } from '../../../src/values.js';

const row = (run: number, noise: string, epochs: number, metrics: Metrics): RunResultRow => ({
  ...{ run, finishedAt: '2026-01-01', task: `snn@noise=${noise}` as TaskId, stage: 'snn', key: `${run}` as never },
  ...{ axes: { noise }, call: { epochs: String(epochs) }, parameters: { noise: Number(noise), seed: 1 }, metrics },
});

const rows = [
  row(3, '0', 10, { accuracy: 0.9, sops: 200, layers: [1, 2] }),
  row(2, '0', 2, { accuracy: 0.8, sops: 100 }),
  row(2, '0.5', 2, { accuracy: 0.7, sops: 100 }),
];
const train: RunResultRow = { ...row(3, '0', 10, { loss: 0.1 }), stage: 'train', axes: {}, task: 'train' as TaskId };

describe('runs side by side', () => {
  it('have a table a stage, with what differs, and one of all as CSV', () => {
    expect(runsText([...rows, train], { format: 'text' })).toBe(`snn
run  noise  epochs  accuracy  sops
───  ─────  ──────  ────────  ────
  3  0      10           0.9   200
  2  0      2            0.8   100
  2  0.5    2            0.7   100

train
run  loss
───  ────
  3   0.1
`);
    expect(runsText([...rows, train], { format: 'csv' })).toBe(
      'run,stage,noise,epochs,accuracy,sops,loss\n3,snn,0,10,0.9,200,\n2,snn,0,2,0.8,100,\n2,snn,0.5,2,0.7,100,\n3,train,0,10,,,0.1\n',
    );
  });

  it('leave out what measures nothing, but for programs', () => {
    const plots: RunResultRow = { ...row(3, '0', 10, {}), stage: 'plots', axes: {}, task: 'plots' as TaskId };
    const note = '1 result without metrics is left out (plots)\n';
    expect(runsText([plots, train], { format: 'text' })).toBe(`train\nrun  loss\n───  ────\n  3   0.1\n\n${note}`);
    expect(runsText([plots, train], { format: 'md' })).toContain(note);
    expect(runsText([plots, train], { format: 'csv' })).toBe('run,stage,loss\n3,plots,\n3,train,0.1\n');
    expect(JSON.parse(runsText([plots, train], { format: 'json' }))).toHaveLength(2);
    // It was asked for.
    const where = ['stage=plots'];
    expect(runsText([plots, train], { format: 'text', where })).toBe('plots\nrun\n───\n  3\n');
  });

  it('are sorted and chosen by numbers as numbers, with what is missing last', () => {
    const runs = (options: object) => {
      const list = JSON.parse(runsText([...rows, train], { format: 'json', ...options })) as RunResultRow[];
      return list.map(({ task, run }) => `${run} ${task}`);
    };
    expect(runs({ sort: 'accuracy' })).toEqual(['2 snn@noise=0.5', '2 snn@noise=0', '3 snn@noise=0', '3 train']);
    expect(runs({ sort: '-epochs', where: ['stage=snn'] })).toEqual([
      '3 snn@noise=0',
      '2 snn@noise=0',
      '2 snn@noise=0.5',
    ]);
    expect(runs({ where: ['epochs>5'] })).toEqual(['3 snn@noise=0', '3 train']);
    expect(runs({ where: ['accuracy>=0.8', 'noise!=0.5', 'run<=2'] })).toEqual(['2 snn@noise=0']);
  });

  it('show which none is better than', () => {
    const list = JSON.parse(runsText(rows, { format: 'json', pareto: 'accuracy,-sops' })) as { front: boolean }[];
    expect(list.map(({ front }) => front)).toEqual([true, true, false]);
    expect(runsText(rows, { format: 'text', pareto: 'accuracy,-sops' })).toContain('  3  *      0      10');
  });

  it('say what they don’t know', () => {
    expect(() => runsText(rows, { format: 'text', sort: 'acuracy' })).toThrow('No result has a "acuracy".');
    expect(() => runsText(rows, { format: 'text', where: ['accuracy'] })).toThrow('a name, a comparison and a value');
    expect(runsText(rows, { format: 'text', pareto: 'accuracy,-sops' })).toContain('to choose by the test set');
    expect(() => runsText(rows, { format: 'text', pareto: 'x' })).toThrow('No result has a "x".');
  });
});
