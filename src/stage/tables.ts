import { keysOf } from '../schema/keys.js';
import type { StageDefinition } from './definition.js';
import { conditionWords, needWords } from './needs.js';

type Row = Readonly<Record<string, string>>;

/**
 * All that a stage declares, for its users: tables of its parameters, inputs, what it needs of them, outputs and columns, without those that have
 * no rows. The first cell of a row is the name.
 */
export function stageTables(stage: StageDefinition): readonly (readonly Row[])[] {
  const parameters = keysOf(stage.parameters).map(({ name, ...facts }): Row => ({ parameter: name, ...facts }));
  const inputs = Object.entries(stage.inputs).map(([input, { description, optional, list, kind = '–' }]): Row => {
    const is = [optional ? 'optional' : 'required', ...(list ? ['list'] : [])].join(', ');
    return { input, is, kind, meaning: description };
  });
  const needs = (stage.needs ?? []).map((need): Row => ({ needs: needWords(need), where: conditionWords(need) }));
  const outputs = Object.entries(stage.outputs).map(
    ([output, { path, kind = '–', description }], i): Row => ({
      output: i === 0 ? `${output} (default)` : output,
      ...{ path, kind, meaning: description },
    }),
  );
  const columns = (stage.columns ?? []).map(
    ({ title, metric, minus, format = 'plain' }): Row => ({
      column: title,
      shows: minus === undefined ? metric : `${metric} − ${minus}`,
      format,
    }),
  );
  const [inputRows, outputRows] = [withoutEmpty('kind', inputs), withoutEmpty('kind', outputs)];
  return [parameters, inputRows, withoutEmpty('where', needs), outputRows, columns].filter((rows) => rows.length > 0);
}

/** Rows without what none of them has. */
function withoutEmpty(heading: string, rows: readonly Row[]): readonly Row[] {
  if (rows.some((row) => row[heading] !== '–')) return rows;
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => name !== heading)));
}
