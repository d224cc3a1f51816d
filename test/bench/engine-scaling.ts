// How much faster several threads are than one, and than as many processes that know nothing of each other.
import { renderTable } from '../../src/text/table.js';
import { ownContender } from './engine-contenders.js';
import type { OwnTask } from './engine-steps.js';
import { median } from './median.js';

const rounds = 7;
const tasks: readonly OwnTask[] = ['float32', 'int16', 'spiking'];

/**
 * A table of ternary networks: images per second of one thread, and how many times that of several threads and of several
 * processes of one thread, measured in turn. Processes share nothing, so they show what the machine's processors are worth.
 */
export async function scaling(batch: number, threads: number): Promise<string> {
  const rows: Readonly<Record<'network' | 'contender' | 'one' | 'threads' | 'processes' | 'fastest', string>>[] = [];
  for (const network of ['lenet', 'vgg'] as const)
    for (const task of tasks) {
      const start = (count: number) => ownContender(task, { network, threads: count, batch });
      const together = await start(threads);
      const processes = await Promise.all(Array.from({ length: threads }, () => start(1)));
      const [one, all, apart]: [number[], number[], number[]] = [[], [], []];
      for (let round = 0; round < rounds; round++) {
        one.push(await processes[0]!.step());
        all.push(await together.step());
        apart.push(Math.max(...(await Promise.all(processes.map(async ({ step }) => step())))) / threads);
      }
      for (const { close } of [together, ...processes]) await close();
      const ratio = (times: readonly number[]) => median(one.map((time, round) => time / times[round]!)).toFixed(2);
      rows.push({
        network,
        contender: together.name,
        one: (batch / median(one)).toFixed(0),
        threads: ratio(all),
        processes: ratio(apart),
        fastest: (Math.min(...one) / Math.min(...all)).toFixed(2),
      });
    }
  const columns = [
    { key: 'network' },
    { key: 'contender' },
    { key: 'one', title: 'images/s, 1 thread' },
    { key: 'threads', title: `times as many, ${threads} threads` },
    { key: 'fastest', title: 'by the fastest steps' },
    { key: 'processes', title: `${threads} processes` },
  ] as const;
  return renderTable(rows, columns, 'md').trimEnd();
}
