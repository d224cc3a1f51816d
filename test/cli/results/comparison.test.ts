import { describe, expect, it } from 'vitest';
import { comparisonOf } from '../../../src/cli/results/comparison.js';
import { comparePage } from '../../../src/report/live/compare-page.js';
import { defineStage } from '../../../src/stage/definition.js';
import { command, pipelineOf, plainStage, stageTask } from '../../run/examples.js';
import { runRow } from './rows.js';

const training = defineStage({
  ...plainStage,
  outputs: { result: { description: 'By epoch', path: 'history.csv', kind: 'history' } },
});
const pipeline = pipelineOf('/p', [stageTask('train', './stage.ts', training), command('snn')]);

const rows = [
  runRow(3, 'train', { loss: 0.1, note: '<b>' }, { with: '<img src=x onerror=alert(1)>', same: 1 }),
  runRow(3, 'snn', { accuracy: 0.9, sopsPerImage: 200, layers: [1] }, { with: 'x'.repeat(5000), same: 1 }),
  runRow(2, 'snn', { accuracy: Number.NaN }, { with: 'short', same: 1 }),
];

describe('all runs as a page has them', () => {
  it('are a table a stage, with what differs, what they can be chosen by, and which have curves', () => {
    const comparison = comparisonOf(pipeline, rows);
    expect(comparison.summary).toBe('3 results, each with the latest run that had it, of 2 runs');
    expect(comparison.stages.map(({ stage, columns }) => [stage, columns.map(({ title }) => title)])).toEqual([
      ['train', ['run', 'loss', 'note']],
      ['snn', ['run', 'with', 'accuracy', 'sopsPerImage']],
    ]);
    expect(comparison.stages.flatMap((stage) => stage.rows.map(({ hasCurves }) => hasCurves))).toEqual([
      ...[true, false, false],
    ]);
    expect(comparison.same).toEqual({ same: 1 });
    expect(comparison.metrics).toEqual(['loss', 'accuracy', 'sopsPerImage']);
    expect(comparison.objectives).toEqual(['accuracy', '-sopsPerImage']);
    expect(comparisonOf(pipeline, rows, '-loss,accuracy').objectives).toEqual(['-loss', 'accuracy']);
    expect(() => comparisonOf(pipeline, rows, 'los,accuracy')).toThrow('No result has a "los".');
  });

  it('make a page that is whole without a script, with texts as texts, and long ones cut', () => {
    const page = comparePage(comparisonOf(pipeline, rows), false);
    expect(page).toContain('&lt;b&gt;</td>');
    expect(page).not.toContain('<img');
    expect(page).not.toContain('<b>');
    expect(page).toContain(`<td class="long" title="${'x'.repeat(5000)}">${'x'.repeat(60)} … ${'x'.repeat(60)}</td>`);
    expect(page).toContain('<input type="checkbox" disabled aria-label="curves of run 3, train">');
    // A number that is none is none for scripts, too: JSON has no other.
    const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(page)![1]!) as { rows: { values: unknown[] }[] };
    expect(data.rows.map(({ values }) => values.length)).toEqual([8, 8, 8]);
    expect(JSON.stringify(data)).not.toContain('NaN');
  });

  it('have curves of trainings that the pipeline has no more, and no lists that nobody would read', () => {
    const gone = runRow(1, 'train@precision=k3B4', { loss: 1 }, { expect: `[${'1,'.repeat(50)}1]`, same: 1 });
    const [train] = comparisonOf(pipeline, [...rows, gone]).stages;
    expect(train!.rows.map(({ hasCurves }) => hasCurves)).toEqual([true, true]);
    expect(train!.columns.map(({ title }) => title)).toEqual(['run', 'precision', 'with', 'loss', 'note']);
  });

  it('leave out what measures nothing, and say so', () => {
    const drawn = [runRow(3, 'plots', {}), runRow(2, 'plots', { files: ['a.png'] }), runRow(3, 'page', {})];
    const comparison = comparisonOf(pipeline, [...drawn, ...rows]);
    expect(comparison.summary).toBe(
      '3 results, each with the latest run that had it, of 2 runs; 3 results without metrics are left out (plots, page)',
    );
    expect(comparison.stages).toEqual(comparisonOf(pipeline, rows).stages);
    // Where nothing measures anything, there is no more to be had than that.
    expect(comparisonOf(pipeline, drawn).stages.map(({ stage }) => stage)).toEqual(['plots', 'page']);
  });

  it('make one of no runs at all', () => {
    const comparison = comparisonOf(pipeline, []);
    expect([comparison.summary, comparison.stages, comparison.objectives]).toEqual(['No results yet.', [], []]);
    expect(comparePage(comparison, true)).toContain('No results yet.');
  });
});
