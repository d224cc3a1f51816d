// How much faster several threads are than one, measured in turn.
import { renderTable } from '../../src/report/table.js';
import { median, ternaryContenders } from './engine-steps.js';

const rounds = 7;

/** A table of what ternary networks do: images per second with one thread and with several, and the ratios. */
export async function scaling(batch: number, threads: number): Promise<string> {
  const rows: Readonly<Record<'network' | 'contender' | 'one' | 'many' | 'ratio' | 'fastest', string>>[] = [];
  for (const network of ['lenet', 'vgg'] as const)
    for (const task of ['training', 'inference'] as const) {
      const alone = await ternaryContenders(network, task, { batch, threads: 1 });
      const together = await ternaryContenders(network, task, { batch, threads });
      for (const [i, { name, step }] of alone.entries()) {
        const [one, many]: [number[], number[]] = [[], []];
        for (let round = 0; round < rounds; round++) {
          one.push(await step());
          many.push(await together[i]!.step());
        }
        rows.push({
          ...{ network, contender: name },
          one: (batch / median(one)).toFixed(0),
          many: (batch / median(many)).toFixed(0),
          ratio: median(one.map((time, round) => time / many[round]!)).toFixed(2),
          fastest: (Math.min(...one) / Math.min(...many)).toFixed(2),
        });
      }
      for (const { close } of [...alone, ...together]) await close();
    }
  const columns = [
    { key: 'network' },
    { key: 'contender' },
    { key: 'one', title: 'images/s, 1 thread' },
    { key: 'many', title: `images/s, ${threads} threads` },
    { key: 'ratio' },
    { key: 'fastest', title: 'by the fastest steps' },
  ] as const;
  return renderTable(rows, columns, 'md').trimEnd();
}
