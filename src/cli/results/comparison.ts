// All runs as their page shows them.

import { outputsOfKind } from '../../api/results/declared.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import type { Comparison, Curves } from '../../report/live/compare-page.js';
import { groupBy } from '../../report/numbers/group.js';
import { countOf } from '../../run/views/text.js';
import type { Store } from '../../store/store.js';
import { type Cell, inLine, isNumeric } from '../../text/table.js';
import { scalarMetrics } from './cells.js';
import { curvesOf } from './curves.js';
import { knownNames, namesOf, objectivesOf, type RunResultRow, runColumns, withMetrics } from './runs.js';

/** Trainings whose curves a file holds: each takes about 10 kB. */
const mostTrainings = 300;
/** Points of a curve: of more, every second, third, … is left out. */
const mostPoints = 240;

/** @param all those to be shown, in this order @param pareto as `show --pareto` has it @throws UserError for an unknown name in it */
export function comparisonOf(pipeline: Pipeline, all: readonly RunResultRow[], pareto?: string): Comparison {
  const { rows, left } = withMetrics(all);
  const trainings = new Set(
    pipeline.tasks.filter((task) => outputsOfKind(task, 'history').length > 0).map(({ stage }) => stage),
  );
  const values = new Map(rows.map((row) => [row, namesOf(row)]));
  const told = [...values.values()];
  const names = knownNames(rows);
  const isSame = (name: string) => told.every((one) => one[name] === told[0]![name]);
  const same = names.filter(isSame);
  const differing = names.filter((name) => !same.includes(name));
  const metrics = [
    ...new Set(
      rows.flatMap((row) =>
        Object.entries(scalarMetrics(row.metrics)).flatMap(([name, value]) =>
          typeof value === 'number' && values.get(row)![name] === value ? [name] : [],
        ),
      ),
    ),
  ];
  const stages = [...groupBy(rows, ({ stage }) => stage)].map(([stage, own]) => {
    const { cells, columns } = runColumns(own, (row): Record<string, Cell> => ({ 'count run': row.run }));
    return {
      stage,
      columns: columns.map(({ key, title }) => ({
        title,
        kind: isNumeric(cells.map((row) => row[key])) ? ('number' as const) : ('text' as const),
      })),
      rows: own.map((row, i) => ({
        ...{ run: row.run, task: row.task, key: row.key, hasCurves: trainings.has(stage) },
        values: differing.map((name) => values.get(row)![name] ?? null),
        cells: columns.map(({ key, format }) => format(inLine(cells[i]![key]))),
      })),
    };
  });
  const runs = new Set(rows.map(({ run }) => run)).size;
  return {
    ...{ title: pipeline.name, ...(pipeline.description !== undefined && { description: pipeline.description }) },
    summary:
      rows.length === 0
        ? 'No results yet.'
        : `${countOf(rows.length, 'result')}, each with the latest run that had it, of ${countOf(runs, 'run')}${left === undefined ? '' : `; ${left}`}`,
    ...{ stages, names: differing, same: Object.fromEntries(same.map((name) => [name, told[0]![name]])), metrics },
    objectives:
      pareto === undefined
        ? usualObjectives.every((name) => metrics.includes(name.replace(/^-/, '')))
          ? usualObjectives
          : []
        : objectivesOf(pareto, rows)
            .slice(0, 2)
            .map(({ metric, better }) => (better === 'less' ? `-${metric}` : metric)),
  };
}

/** What simulations of spiking networks measure: accuracy against synaptic operations. */
const usualObjectives = ['accuracy', '-sopsPerImage'];

/** The same with the curves of its trainings, the newest of many. */
export async function withCurves(pipeline: Pipeline, store: Store, comparison: Comparison): Promise<Comparison> {
  const rows = comparison.stages.flatMap((stage) => stage.rows).filter(({ hasCurves }) => hasCurves);
  const newest = [...rows].sort((a, b) => b.run - a.run).slice(0, mostTrainings);
  const curves: Record<string, Curves> = {};
  for (const row of newest) curves[`${row.task} ${row.key}`] = await namedCurves(pipeline, store, row as never);
  const left = rows.length - newest.length;
  const note = left === 0 ? '' : `. Curves of the newest ${mostTrainings} trainings are in this file`;
  return { ...comparison, summary: comparison.summary + note, curves };
}

/** Curves of a training by name, as `[epoch, value]`; none of what is not in the store or can't be read. */
export async function namedCurves(
  pipeline: Pipeline,
  store: Store,
  result: Pick<RunResultRow, 'task' | 'key'>,
): Promise<Curves> {
  const scalars = await curvesOf(pipeline, store, result).catch(() => []);
  return Object.fromEntries(
    [...groupBy(scalars, ({ tag }) => tag)].map(([name, points]) => {
      const every = Math.ceil(points.length / mostPoints);
      const kept = points.filter((_, i) => i % every === 0 || i === points.length - 1);
      return [name, kept.map(({ step, value }) => [step, value] as const)];
    }),
  );
}
