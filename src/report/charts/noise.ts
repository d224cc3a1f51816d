import type { AnnResult } from '../../results/ann-result.js';
import type { SnnResult } from '../../results/snn-result.js';
import { accuracyOf, type ResultGroup } from '../content/groups.js';
import { byNoise, type Disturbance, paperNoise } from '../content/noise.js';
import { percentValue } from '../numbers/estimates.js';
import { shortNumber } from '../numbers/format.js';
import { groupBy } from '../numbers/group.js';
import { bundlesOf, type Member } from './bundles.js';
import { chanceOf } from './chance.js';
import { type Curve, curveSeries, curvesOf, endSpace, keysOf, levelColours, levelLine, namesAtEnds } from './curves.js';
import { bundleNote, estimatesNote, imagesNote, resultsOf, scaled, subtitle } from './notes.js';
import { accuracyAxisName, accuracyRange } from './scales.js';
import { type Chart, type ChartForm, frame, isSmall, placeAxis, valueAxis } from './style.js';

type Groups = readonly ResultGroup<SnnResult>[];

/** Groups that differ in noise alone. */
interface Line extends Member {
  readonly groups: Groups;
}

/** Accuracy of the SNN against noise: a chart for each kind of it and the layers that it is in. */
export function noiseCharts(
  title: string,
  ann: readonly ResultGroup<AnnResult>[],
  snn: Groups,
  form: ChartForm,
): Chart[] {
  return byNoise(snn).flatMap(({ groups }) => noiseChart(title, ann, groups, form) ?? []);
}

/** Accuracy of the SNN against the amount of one noise, a line a point. Needs two amounts. */
function noiseChart(
  title: string,
  ann: readonly ResultGroup<AnnResult>[],
  snn: Groups,
  form: ChartForm,
): Chart | undefined {
  if (new Set(snn.map(({ noise }) => noise)).size < 2) return undefined;
  const noise = axisOf(snn.at(-1)!);
  const lines = [...groupBy(snn, ({ name }) => name)].map(([name, groups]): Line => {
    const { precision, labels } = groups[0]!;
    return { name, labels: { precision, ...labels }, groups };
  });
  const bundles = bundlesOf(lines);
  const accuracies = curvesOf(bundles, ({ groups }) =>
    groups.map((group) => ({ at: noise.scale * group.noise, estimate: scaled(accuracyOf(group), 100) })),
  );
  const most = noise.scale * Math.max(...snn.map((group) => group.noise));
  const points = accuracies.flatMap((curve) => curve.points);
  const values = points.flatMap(({ value, low = value, high = value }) => [value, low, high]);
  const baselines = ann.filter(({ precision }) => precision === 'fp32').map((group) => 100 * accuracyOf(group).mean);
  const range = accuracyRange([...values, ...(baselines.length === 1 ? baselines : [])]);
  const chance = chanceOf(resultsOf(snn));
  const curves: Curve[] = [
    ...accuracies,
    ...(baselines.length === 1 ? [levelLine('FP32', levelColours.baseline, baselines[0]!, [0, most])] : []),
    ...(chance === undefined || chance < range.min
      ? []
      : [levelLine('chance', levelColours.chance, chance, [0, most])]),
  ];
  const estimates = snn.map(accuracyOf);
  return frame(
    {
      ...{ name: noise.chart, title: noise.title },
      subtitle: subtitle(title, imagesNote(snn), bundleNote(bundles) ?? estimatesNote(estimates)),
      readout: { title: noise.readout, value: percentValue },
      measures: { at: noise.measure, value: 'accuracy (%)' },
      ...{ keys: keysOf(curves), points: curves.flatMap((curve) => curve.points) },
      ...{ width: 640, area: 290, left: 66, right: endSpace(curves), named: namesAtEnds(curves) },
      option: {
        xAxis: {
          ...{ type: 'value', max: most },
          ...placeAxis(isSmall(form) ? noise.shortAxis : noise.axis),
        },
        yAxis: { type: 'value', ...range, ...valueAxis(accuracyAxisName(range, chance)), nameGap: 42 },
        series: curveSeries(curves, namesAtEnds(curves)),
      },
    },
    form,
  );
}

/** How the amount of a noise is called, and in what it is drawn. */
interface NoiseAxis {
  readonly chart: string;
  readonly title: string;
  /** Of a probability in percent, of a standard deviation 1. */
  readonly scale: number;
  readonly axis: string;
  readonly shortAxis: string;
  /** The column of the chart's data. */
  readonly measure: string;
  readonly readout: (x: number) => string;
}

function axisOf({ noiseName, isSigma }: Disturbance): NoiseAxis {
  if (noiseName === paperNoise)
    return {
      ...{ chart: 'accuracy-noise', title: 'Accuracy under noise', scale: 100, measure: 'noise (%)' },
      axis: 'probability that a spike of the encoding layer is deleted (%)',
      shortAxis: 'encoding spikes deleted (%)',
      readout: (x) => `${shortNumber(x)} % of spikes deleted`,
    };
  const slug = noiseName.replaceAll(/ (noise in|in|the|with) /g, ' ').replaceAll(/[^\w.-]+/g, '-');
  const common = { chart: `accuracy-noise-${slug}`, title: `Accuracy under ${noiseName}` };
  const name = noiseName.split(' in ', 1)[0]!;
  return isSigma
    ? {
        ...{ ...common, scale: 1, measure: `${noiseName}, sigma (thresholds)` },
        axis: `standard deviation of ${name} (in thresholds)`,
        shortAxis: `σ of ${name} (thresholds)`,
        readout: (x) => `σ = ${shortNumber(x)} θ`,
      }
    : {
        ...{ ...common, scale: 100, measure: `${noiseName} (%)` },
        axis: `probability of ${name} (%)`,
        shortAxis: `${name} (%)`,
        readout: (x) => `${shortNumber(x)} %`,
      };
}
