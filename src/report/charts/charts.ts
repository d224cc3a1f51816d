import type { ReportContent } from '../content/content.js';
import { groupsOf } from '../content/groups.js';
import { disturbanceText, leastNoise } from '../content/noise.js';
import { type Subject, subjectsOf } from '../content/subjects.js';
import { trainingsOf } from '../content/trainings.js';
import { accuracyChart } from './accuracy.js';
import { confusionCharts } from './confusion.js';
import { energyChart, operationsChart, spikesChart } from './counts.js';
import { firingRateChart } from './firing-rate.js';
import { noiseCharts } from './noise.js';
import type { Chart, ChartForm } from './style.js';
import { trainingChart, trainingCharts } from './training.js';

/**
 * All charts that the results allow, as pictures: accuracy, accuracy against noise, spikes, operations, energy, firing rates
 * and training curves of each network and data set. With more than one of these, their names lead the files'.
 * @param title stands in the subtitles in place of network and data set
 */
export function allCharts(content: ReportContent, form: ChartForm, title?: string): Chart[] {
  const subjects = subjectsOf(content);
  return subjects.flatMap((subject) => {
    const several = subjects.length > 1;
    const heading = title === undefined ? subject.heading : several ? `${title}, ${subject.heading}` : title;
    const prefix = several ? `${subject.name.replaceAll(/[^\w.-]+/g, '-') || 'all'}-` : '';
    const trainings = trainingsOf(subject.history, content.repeat);
    const charts = [...resultCharts(heading, subject, content.repeat, form), trainingChart(heading, trainings, form)];
    return charts.filter((chart) => chart !== undefined).map((chart) => ({ ...chart, name: prefix + chart.name }));
  });
}

/** The charts of one network and data set, for the page. */
export function pageCharts(subject: Subject, repeat: readonly string[], form: ChartForm): Chart[] {
  return [
    ...resultCharts('', subject, repeat, form),
    ...trainingCharts('', trainingsOf(subject.history, repeat), form),
  ];
}

function resultCharts(heading: string, subject: Subject, repeat: readonly string[], form: ChartForm): Chart[] {
  const among = [...subject.ann, ...subject.snn];
  const ann = groupsOf(subject.ann, repeat, among);
  const snn = groupsOf(subject.snn, repeat, among);
  const clean = leastNoise(snn);
  // Counts belong to the network without noise; where it was never run, the subtitle says what is shown instead.
  const [first] = clean;
  const counted = first && first.noise > 0 ? `${heading} at ${disturbanceText(first)}`.trimStart() : heading;
  return [
    accuracyChart(heading, ann, snn, form),
    ...noiseCharts(heading, ann, snn, form),
    ...confusionCharts(heading, subject, form),
    spikesChart(counted, clean, form),
    operationsChart(counted, clean, form),
    energyChart(counted, clean, form),
    firingRateChart(counted, clean, form),
  ].filter((chart) => chart !== undefined);
}
