import { type ResultKind, resultKinds } from '../results/kinds.js';

/** What stages hand to one another, in the form that the built-in ones give it. */
export const artifactKinds = [...resultKinds, 'dataset', 'checkpoint', 'spiking-network'] as const;
export type ArtifactKind = (typeof artifactKinds)[number];

/**
 * What an output is to those who look at results, and to stages that take it:
 *
 * - `page`: an HTML page. A run writes it beside the results, with the facts of the run where it has the place
 *   `<!--spikeline:run--><!--/spikeline:run-->`, and says where; `report` gives it out. A stage has one at most.
 * - `pictures`: a folder that a run names at its end.
 * - `ann`, `snn`, `conversion`, `history`: results in the form of those of the stages `ann-infer`, `snn-infer`,
 *   `snn-convert` and `train`. Where a pipeline has no page, `show --md` tabulates them.
 * - `dataset`, `checkpoint`, `spiking-network`: what `dataset`, `train` and `snn-convert` make.
 */
export type OutputKind = 'page' | 'pictures' | ArtifactKind;
export const outputKinds = ['page', 'pictures', ...artifactKinds] as const satisfies readonly OutputKind[];

const words: Readonly<Record<Exclude<OutputKind, ResultKind>, string>> = {
  page: 'a page',
  pictures: 'pictures',
  dataset: 'a data set',
  checkpoint: 'a trained network',
  'spiking-network': 'a spiking network',
};
const makers: Readonly<Record<ResultKind, string>> = {
  ...{ ann: 'ann-infer', snn: 'snn-infer', conversion: 'snn-convert', history: 'train' },
};

/** `a trained network`, `the result of ann-infer` */
export function kindWords(kind: OutputKind): string {
  const result = resultKinds.find((known) => known === kind);
  return result === undefined
    ? words[kind as Exclude<OutputKind, ResultKind>]
    : `the ${result === 'history' ? 'history' : 'result'} of ${makers[result]}`;
}
