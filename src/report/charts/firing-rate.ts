import type { SnnResult } from '../../results/snn-result.js';
import { measure, type ResultGroup } from '../content/groups.js';
import { percentValue } from '../numbers/estimates.js';
import { bundlesOf } from './bundles.js';
import { curveSeries, curvesOf, endSpace, keysOf, namesAtEnds } from './curves.js';
import { bundleNote, estimatesNote, imagesNote, resultsOf, scaled, subtitle } from './notes.js';
import { type Chart, type ChartForm, frame, isSmall, placeAxis, valueAxis } from './style.js';

/** Share of possible spikes that each layer emits, a line a point of the sweep. Expects results without noise. */
export function firingRateChart(
  title: string,
  groups: readonly ResultGroup<SnnResult>[],
  form: ChartForm,
): Chart | undefined {
  const layers = resultsOf(groups)[0]?.layers.map(({ name }) => name);
  if (layers === undefined) return undefined;
  const rateOf = (group: ResultGroup<SnnResult>, layer: number) =>
    scaled(
      measure(group, (run) => run.layers[layer]?.firingRate ?? 0),
      100,
    );
  const members = groups.map((group) => ({ ...group, labels: { precision: group.precision, ...group.labels } }));
  const bundles = bundlesOf(members);
  const curves = curvesOf(bundles, (group) => layers.map((at, layer) => ({ at, estimate: rateOf(group, layer) })));
  const estimates = groups.flatMap((group) => layers.map((_, layer) => rateOf(group, layer)));
  return frame(
    {
      ...{ name: 'firing-rate', title: 'Firing rate by layer' },
      subtitle: subtitle(title, imagesNote(groups), bundleNote(bundles) ?? estimatesNote(estimates)),
      readout: { value: percentValue },
      measures: { at: 'layer', value: 'firing rate (%)' },
      ...{ keys: keysOf(curves), points: curves.flatMap(({ points }) => points) },
      ...{ width: Math.max(560, 190 + 62 * layers.length), area: 290, left: 62, right: endSpace(curves) },
      named: namesAtEnds(curves),
      option: {
        xAxis: { type: 'category', data: layers, boundaryGap: true, ...layerAxis(layers, form) },
        yAxis: { type: 'value', min: 0, ...valueAxis('spikes, of those possible (%)'), nameGap: 38 },
        series: curveSeries(curves, namesAtEnds(curves), layers),
      },
    },
    form,
  );
}

/** A label at every layer, where there is space for all. */
function layerAxis(layers: readonly string[], form: ChartForm) {
  const axis = placeAxis('layer, from the image on');
  return {
    ...axis,
    axisLabel: { ...axis.axisLabel, interval: !isSmall(form) || layers.length < 6 ? 0 : 'auto' },
  } as const;
}
