// A stage of your own: what the spiking networks get right, beside what it costs them, as a table for a spreadsheet.
// How to write one: docs/stages.md of Spikeline. Its test: test/trade-off.test.mjs.
import { readFile, writeFile } from 'node:fs/promises';
import { defineStage, Type } from 'spikeline';

export default defineStage({
  name: 'trade-off',
  summary: 'Accuracy beside operations, a line for each simulation, as CSV',
  parameters: Type.Object(
    {
      least: Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0,
        description: 'Simulations less accurate are left out.',
      }),
    },
    { additionalProperties: false },
  ),
  inputs: { snn: { description: 'Results of `snn-infer`', list: true } },
  outputs: { table: { description: 'The table', path: 'trade-off.csv' } },
  async run({ inputs, outputs, parameters, log }) {
    const lines: string[] = [];
    for (const { path, labels } of inputs.snn) {
      const { accuracy, sopsPerImage } = JSON.parse(await readFile(path, 'utf8')) as Record<string, number>;
      const point = Object.entries(labels).map(([axis, label]) => `${axis}=${label}`);
      if (accuracy! >= parameters.least) lines.push(`${point.join(' ')},${accuracy},${sopsPerImage}`);
      else log(`left out: ${point.join(' ')}`);
    }
    await writeFile(outputs.table, ['point,accuracy,operations', ...lines, ''].join('\n'));
    return { points: lines.length };
  },
});
