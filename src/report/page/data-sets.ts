import type { DataSetSummary } from '../content/data-sets.js';
import { grouped, threeDigits } from '../numbers/format.js';
import { displayName } from '../numbers/names.js';
import { type Html, html } from './html.js';

/** The data sets of a page: their numbers, and images of each class. Nothing where the page is given none. */
export function dataSetsSection(dataSets: readonly DataSetSummary[]): Html | false {
  return (
    dataSets.length > 0 &&
    html`<section aria-labelledby="data">
<h2 id="data">Data</h2>
<p class="facts">What the networks were trained and tested on.</p>
${dataSets.map(dataSetBlock)}
</section>
`
  );
}

function dataSetBlock(summary: DataSetSummary, index: number): Html {
  const { name, classes, samples } = summary;
  const id = `data-${index}`;
  const more = classes > samples.length && ` Shown are the first ${samples.length} of ${grouped(classes)} classes.`;
  return html`<section class="block" aria-labelledby="${id}">
<h3 id="${id}">${displayName(name)}</h3>
<dl>${factsOf(summary).map(([term, fact]) => html`<dt>${term}</dt><dd>${fact}</dd>`)}</dl>
<ul class="samples">${samples.map((picture, label) => sampleItem(summary, picture, label))}</ul>
<div class="notes"><p>Up to five training images of each class, the first in the file, with how many there are to train and to test.${more}</p></div>
</section>
`;
}

function sampleItem({ classNames, numbers }: DataSetSummary, picture: Uint8Array, label: number): Html {
  const name = classNames?.[label] ?? `class ${label}`;
  const image =
    picture.length > 0 &&
    html`<img src="data:image/png;base64,${Buffer.from(picture).toString('base64')}" alt="Training images of ${name}">`;
  const [train, test] = [numbers.trainPerClass[label]!, numbers.testPerClass[label]!];
  return html`<li>${image}<span><b>${name}</b> ${grouped(train)} + ${grouped(test)}</span></li>
`;
}

function factsOf({ shape, classes, scale, source, ...about }: DataSetSummary): [string, string][] {
  const { numbers, trainImages, testImages } = about;
  const { pixelMean, pixelDeviation, pixelMin, pixelMax, digest } = numbers;
  const [height, width, channels] = shape;
  return [
    ['training images', `${grouped(trainImages)}${perClass(numbers.trainPerClass)}`],
    ['test images', `${grouped(testImages)}${perClass(numbers.testPerClass)}`],
    ['classes', grouped(classes)],
    ['shape', `${height} × ${width} pixels, ${channels === 1 ? 'grey' : `${channels} channels`}`],
    [
      'pixels',
      `${pixelMin} to ${pixelMax}, mean ${threeDigits(pixelMean)}, standard deviation ${threeDigits(pixelDeviation)} ` +
        `(of the training images), divided by ${scale}`,
    ],
    ['digest', `${digest} (the beginning of the SHA-256 of images and labels)`],
    ['source', source],
  ];
}

/** `, 600 of each class`; `, 12 to 4,000 of a class` */
function perClass(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? `, ${grouped(least)} of each class` : `, ${grouped(least)} to ${grouped(most)} of a class`;
}
