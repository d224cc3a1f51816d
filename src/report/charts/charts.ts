import type { AnnResult } from '../../results/ann-result.js';
import type { History } from '../../results/history.js';
import type { SnnResult } from '../../results/snn-result.js';
import { shortNumber } from '../numbers/format.js';
import { groupBy } from '../numbers/group.js';
import { displayName } from '../numbers/names.js';
import { accuracyChart } from './accuracy.js';
import { energyChart } from './energy.js';
import { firingRateChart } from './firing-rate.js';
import { noiseChart } from './noise.js';
import { operationsChart } from './operations.js';
import { spikesChart } from './spikes.js';
import type { Chart, ChartForm } from './style.js';
import { trainingChart, trainingCharts } from './training.js';

export interface ChartedResults {
  readonly ann: readonly AnnResult[];
  readonly snn: readonly SnnResult[];
  readonly histories: readonly History[];
}

/**
 * All charts that the results allow: accuracy, accuracy against noise, spikes, operations, energy and firing rates for each
 * network and data set, and training curves. With more than one network or data set, their names lead the files'.
 * @param title stands in the subtitles in place of network and data set
 */
export function allCharts(inputs: ChartedResults, title?: string): Chart[] {
  const groups = groupBy<AnnResult | SnnResult, string>(
    [...inputs.ann, ...inputs.snn],
    ({ network, dataset }) => `${network}-${dataset}`,
  );
  const drawn: Chart[] = [];
  for (const [name, results] of groups) {
    const ann = results.filter((result): result is AnnResult => result.stage === 'ann-infer');
    const snn = results.filter((result): result is SnnResult => result.stage === 'snn-infer');
    const subject = `${displayName(results[0]!.network)} on ${displayName(results[0]!.dataset)}`;
    const heading = title === undefined ? subject : groups.size > 1 ? `${title}, ${subject}` : title;
    const prefix = groups.size > 1 ? `${name.replaceAll(/[^\w.-]+/g, '-')}-` : '';
    for (const chart of resultCharts(heading, ann, snn, 'picture')) drawn.push({ ...chart, name: prefix + chart.name });
  }
  const training = trainingChart(title ?? onlySubject(groups), inputs.histories);
  return training === undefined ? drawn : [...drawn, training];
}

/** The charts of one network and data set, for the page. */
export function pageCharts(inputs: ChartedResults, form: ChartForm): Chart[] {
  return [...resultCharts('', inputs.ann, inputs.snn, form), ...trainingCharts('', inputs.histories, form)];
}

function resultCharts(heading: string, ann: readonly AnnResult[], snn: readonly SnnResult[], form: ChartForm): Chart[] {
  const least = Math.min(...snn.map(({ noise }) => noise));
  const clean = snn.filter(({ noise }) => noise === least);
  // Counts belong to the network without noise; where it was never run, the subtitle says what is shown instead.
  const counted = least > 0 ? `${heading} at ${shortNumber(100 * least)} % noise`.trimStart() : heading;
  return [
    accuracyChart(heading, ann, snn, form),
    noiseChart(heading, ann, snn, form),
    spikesChart(counted, clean, form),
    operationsChart(counted, clean, form),
    energyChart(counted, clean, form),
    firingRateChart(counted, clean, form),
  ].filter((chart) => chart !== undefined);
}

/** Network and data set of all results, if there is just one pair; histories do not name theirs. */
function onlySubject(groups: ReadonlyMap<string, readonly { network: string; dataset: string }[]>): string {
  const [group, ...others] = groups.values();
  return group === undefined || others.length > 0
    ? ''
    : `${displayName(group[0]!.network)} on ${displayName(group[0]!.dataset)}`;
}
