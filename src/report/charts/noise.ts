import type { AnnResult } from '../../results/ann-result.js';
import type { SnnResult } from '../../results/snn-result.js';
import { accuracyOf, type ResultGroup } from '../content/groups.js';
import { percentValue, shortNumber } from '../numbers/format.js';
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

/** Accuracy of the SNN against the share of encoding spikes deleted, a line a point. Needs two levels of noise. */
export function noiseChart(
  title: string,
  ann: readonly ResultGroup<AnnResult>[],
  snn: Groups,
  form: ChartForm,
): Chart | undefined {
  if (new Set(snn.map(({ noise }) => noise)).size < 2) return undefined;
  const lines = [...groupBy(snn, ({ name }) => name)].map(([name, groups]): Line => {
    const { precision, labels } = groups[0]!;
    return { name, labels: { precision, ...labels }, groups };
  });
  const bundles = bundlesOf(lines);
  const accuracies = curvesOf(bundles, ({ groups }) =>
    groups.map((group) => ({ at: 100 * group.noise, estimate: scaled(accuracyOf(group), 100) })),
  );
  const most = 100 * Math.max(...snn.map(({ noise }) => noise));
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
      ...{ name: 'accuracy-noise', title: 'Accuracy under noise' },
      subtitle: subtitle(title, imagesNote(snn), bundleNote(bundles) ?? estimatesNote(estimates)),
      readout: { title: (x: number) => `${shortNumber(x)} % of spikes deleted`, value: percentValue },
      measures: { at: 'noise (%)', value: 'accuracy (%)' },
      ...{ keys: keysOf(curves), points: curves.flatMap((curve) => curve.points) },
      ...{ width: 640, area: 290, left: 66, right: endSpace(curves), named: namesAtEnds(curves) },
      option: {
        xAxis: {
          ...{ type: 'value', max: most },
          ...placeAxis(
            isSmall(form)
              ? 'encoding spikes deleted (%)'
              : 'probability that a spike of the encoding layer is deleted (%)',
          ),
        },
        yAxis: { type: 'value', ...range, ...valueAxis(accuracyAxisName(range, chance)), nameGap: 42 },
        series: curveSeries(curves, namesAtEnds(curves)),
      },
    },
    form,
  );
}
