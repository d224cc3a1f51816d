import { grouped, threeDigits } from '../numbers/format.js';
import { numberColumn, type ReportTable, textColumn } from '../tables/table.js';
import { type Html, html } from './html.js';
import { tableBlock } from './table-html.js';

/** A data set in numbers, and a picture of it. */
export interface PageData {
  readonly name: string;
  /** Where it comes from. */
  readonly source: string;
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly classes: number;
  readonly train: number;
  readonly test: number;
  /** Training images of the smallest class, and of the largest. */
  readonly perClass: readonly [fewest: number, most: number];
  readonly pixels: { readonly mean: number; readonly deviation: number; readonly range: readonly [number, number] };
  readonly digest: string;
  /** PNG of some images of each class. */
  readonly sheet: Uint8Array;
}

/** What results are of: the data sets, in numbers and in pictures. */
export function dataSection(data: readonly PageData[]): Html {
  return html`<section aria-labelledby="data"><h2 id="data">Data</h2>
<p class="facts">${data.map(({ name, source }) => `${name}: ${source}`).join(' · ')}</p>
${tableBlock(tableOf(data), 'data-numbers')}
<section class="block" aria-labelledby="data-images"><h3 id="data-images">Five training images of each class</h3>
<div class="charts">${data.map(sheetOf)}</div></section></section>
`;
}

function tableOf(data: readonly PageData[]): ReportTable {
  const range = ([least, most]: readonly [number, number]) => `${grouped(least)} – ${grouped(most)}`;
  return {
    ...{ name: 'data', title: 'Data sets' },
    columns: [
      textColumn('data set'),
      ...['training', 'test', 'classes'].map(numberColumn),
      textColumn('training images a class'),
      textColumn('image'),
      ...['pixel mean', 'deviation'].map(numberColumn),
      textColumn('range'),
      textColumn('digest'),
    ],
    rows: data.map(({ name, shape, classes, train, test, perClass: [fewest, most], pixels, digest }) => [
      ...[name, grouped(train), grouped(test), grouped(classes)],
      fewest === most ? grouped(most) : range([fewest, most]),
      shape.join('×'),
      ...[threeDigits(pixels.mean), threeDigits(pixels.deviation), range(pixels.range), digest],
    ]),
    notes: ['Pixels are those of the training images, from 0 to 255. The digest is of all images and labels.'],
  };
}

function sheetOf({ name, sheet }: PageData): Html {
  const source = `data:image/png;base64,${Buffer.from(sheet).toString('base64')}`;
  return html`<figure><img class="sheet" src="${source}" alt="Images of ${name}, a row a class"><figcaption><small>${name}</small></figcaption></figure>`;
}
