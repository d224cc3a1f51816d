// How much memory training takes at most: the peak resident set of a process that makes a few steps, as Linux knows it.
import { gradientTypes } from '../../src/engine/engine.js';
import { renderTable } from '../../src/text/table.js';
import { ownContender, torchContender } from './engine-contenders.js';

const steps = 3;

/**
 * A table of one process after another.
 * @param python a Python that has PyTorch; left out if undefined
 */
export async function peakMemory(batch: number, threads: number, python: string | undefined): Promise<string> {
  const rows: { readonly network: string; readonly contender: string; readonly peak: string }[] = [];
  for (const network of ['lenet', 'vgg'] as const) {
    const ask = { network, threads, batch } as const;
    const torch = { precision: 'k1B2', task: 'train', mode: 'eager', type: 'float32' } as const;
    const starts = [
      ...gradientTypes.map((gradients) => () => ownContender(gradients, ask)),
      ...(python === undefined ? [] : [() => torchContender(python, { ...ask, ...torch })]),
    ];
    for (const start of starts) {
      const contender = await start();
      if (contender === undefined) continue;
      for (let step = 0; step < steps; step++) await contender.step();
      rows.push({ network, contender: contender.name, peak: (contender.peakBytes() / 1e6).toFixed(0) });
      await contender.close();
    }
  }
  const columns = [{ key: 'network' }, { key: 'contender' }, { key: 'peak', title: 'MB' }] as const;
  return renderTable(rows, columns, 'md').trimEnd();
}
