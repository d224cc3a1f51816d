import { createHash } from 'node:crypto';
import { allCharts } from '../../../src/report/charts/charts.js';
import { type ChartFormat, chartFiles, chartFormats } from '../../../src/report/charts/files.js';
import { picture } from '../../../src/report/charts/style.js';
import { exampleContent } from '../content.js';

/** SHA-256 of every example chart, in these formats. */
export async function renderExamples(formats = chartFormats as readonly ChartFormat[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const chart of allCharts(exampleContent(), picture))
    for (const [format, content] of await chartFiles(chart, formats, { dpi: 192 }))
      hashes.push(`${chart.name}.${format} ${createHash('sha256').update(content).digest('hex')}`);
  return hashes;
}
