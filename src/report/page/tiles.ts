import type { SnnResult } from '../../results/snn-result.js';
import type { Estimate, Interval } from '../../results/statistics.js';
import { accuracyOf, groupsOf, measure, type ResultGroup } from '../content/groups.js';
import { withoutNoise } from '../content/noise.js';
import type { Subject } from '../content/subjects.js';
import { energyPerImage, picojoules } from '../numbers/energy.js';
import { decimalsFor, halfOf, ratioTo } from '../numbers/estimates.js';
import { decimal, grouped, groupedTo, threeDigits } from '../numbers/format.js';
import { outcomeOf } from '../numbers/outcome.js';
import { judgedOf, worstVerdict } from '../tables/table.js';
import { type Html, html } from './html.js';

interface Tile {
  readonly figure: string;
  readonly caption: string;
  readonly tone?: string;
  /** True if its caption needs all of a phone's width. */
  readonly wide?: true;
}

/** The few figures that say how it went, at the head of the page: no choice of the best, and what was assumed beside. */
export function tilesOf(subjects: readonly Subject[], repeat: readonly string[]): Html {
  const several = subjects.filter(({ snn }) => snn.length > 0).length > 1;
  const tiles = [
    verdictTile(subjects),
    neuronsTile(subjects),
    ...subjects.flatMap((subject) => {
      const clean = withoutNoise(groupsOf(subject.snn, repeat, [...subject.ann, ...subject.snn]));
      return [accuracyTile(subject, clean, repeat, several), ...(several ? [] : [energyTile(clean)])];
    }),
  ].filter((tile) => tile !== undefined);
  return html`<ul class="tiles">${tiles.map(
    ({ figure, caption, tone, wide }) =>
      html`<li class="${[tone, wide && 'wide'].filter(Boolean).join(' ')}"><b>${figure}</b><span>${caption}</span></li>`,
  )}</ul>`;
}

/**
 * What the headline must say of a run that is not the one that its sources tell of: undefined where at least one of the results
 * that they report is compared, or there are none.
 *
 * @param reasons why they are not compared
 */
export function otherRun(subjects: readonly Subject[], reasons: readonly string[]): Html | undefined {
  const { compared, others } = outcomeOfAll(subjects).reported;
  if (compared > 0 || others === 0) return undefined;
  const numbers = others === 1 ? 'Its result is' : `None of its ${grouped(others)} results is`;
  const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
  return html`<p class="other-run"><strong>This is not the run that the paper reports${why}.</strong> ${numbers} compared.</p>`;
}

const outcomeOfAll = (subjects: readonly Subject[]) =>
  outcomeOf(subjects.flatMap(({ verdicts }) => judgedOf(verdicts)));

function verdictTile(subjects: readonly Subject[]): Tile | undefined {
  const verdicts = subjects.flatMap((subject) => subject.verdicts);
  if (verdicts.length === 0) return undefined;
  const { compared, met, others, reported, reserve } = outcomeOf(judgedOf(verdicts));
  const rest = others === 0 ? '' : `${grouped(others)} not compared: numbers of another run`;
  if (compared === 0) return { figure: 'n/a', caption: rest };
  const worst = worstVerdict(verdicts.filter(({ verdict }) => verdict !== 'n/a'));
  return {
    figure: `${grouped(met)} of ${grouped(compared)}`,
    caption: `expectations met${reserve}${rest === '' ? '' : `, ${rest}`}`,
    // Green is for a reproduction: what a run says of itself is none.
    ...(worst === 'met' && reported.compared === 0 ? {} : { tone: worst }),
  };
}

function neuronsTile(subjects: readonly Subject[]): Tile | undefined {
  const compared = subjects.flatMap(({ conversion }) => conversion.flatMap(({ result }) => result.comparison ?? []));
  if (compared.length === 0) return undefined;
  const different = compared.flatMap(({ layers }) => layers).reduce((sum, layer) => sum + layer.different, 0);
  const all = compared.reduce((sum, { neuronsCompared }) => sum + neuronsCompared, 0);
  return {
    figure: grouped(different),
    caption: `of ${grouped(all)} neuron values differ between ANN and SNN`,
    tone: different === 0 ? 'met' : 'OFF',
  };
}

/** Lowest and highest, `from … to`; one of them where they are the same. */
function span(values: readonly number[], show: (value: number) => string): string {
  const [low, high] = [show(Math.min(...values)), show(Math.max(...values))];
  return low === high ? low : `${low} … ${high}`;
}

/** Accuracies, and bounds of theirs, with the digits that the widest of their intervals allows. */
function percentFor(estimates: readonly Estimate[]): (share: number) => string {
  const halves = estimates.flatMap(({ interval }) => (interval ? [50 * (interval.high - interval.low)] : []));
  const widest = Math.max(0, ...halves);
  const decimals = widest > 0 ? decimalsFor(widest) : 2;
  return (share) => `${decimal(100 * share, decimals)}\u00a0%`;
}

/** Of repetitions by its half, as the tables have it: a bound of its own may lie above 100 %. */
const intervalFor = ({ method, low, high }: Interval, show: (share: number) => string): string =>
  method === 't' ? `± ${show((high - low) / 2)}` : `${show(low)} … ${show(high)}`;

function accuracyTile(
  { ann, heading }: Subject,
  clean: readonly ResultGroup<SnnResult>[],
  repeat: readonly string[],
  named: boolean,
): Tile | undefined {
  if (clean.length === 0) return undefined;
  const baselines = groupsOf(ann, repeat).filter(({ precision }) => precision === 'fp32');
  const accuracies = clean.map(accuracyOf);
  const shown = (of: readonly Estimate[]) =>
    span(
      of.map(({ mean }) => mean),
      percentFor(of),
    );
  const show = percentFor(accuracies);
  const interval = accuracies.length === 1 ? accuracies[0]!.interval : undefined;
  const parts = [
    clean.length === 1 ? clean[0]!.name : `lowest to highest of ${clean.length}`,
    ...(interval === undefined ? [] : [`95 % interval ${intervalFor(interval, show)}`]),
    ...(baselines.length === 0 ? [] : [`FP32 baseline ${shown(baselines.map(accuracyOf))}`]),
  ];
  return {
    figure: shown(accuracies),
    caption: `accuracy of the SNN${named ? `, ${heading}` : ''}: ${parts.join(', ')}`,
  };
}

/** Energy of the ANN over that of the SNN, first in the same number format. */
function energyTile(clean: readonly ResultGroup<SnnResult>[]): Tile | undefined {
  const active = clean.filter((group) => measure(group, ({ eventSopsPerImage }) => eventSopsPerImage).mean > 0);
  if (active.length === 0) return undefined;
  const ratios = (of: (energy: ReturnType<typeof energyPerImage>) => number) =>
    active.map((group) => {
      const { ann } = energyPerImage(group.samples[0]![0]!.result);
      return ratioTo(
        ann,
        measure(group, (run) => of(energyPerImage(run))),
      );
    });
  const times = (values: readonly Estimate[]) => {
    const widest = Math.max(...values.map(halfOf));
    return span(
      values.map(({ mean }) => mean),
      (value) => (widest > 0 ? groupedTo(value, decimalsFor(widest)) : threeDigits(value)),
    );
  };
  const { floatMultiplyAdd, floatAdd } = picojoules;
  return {
    // Its sign stays with it.
    figure: `${times(ratios(({ eventFloat }) => eventFloat))}\u00a0×`,
    caption: `energy of the ANN over the SNN’s, both in float32, estimated for arithmetic alone at 45 nm (${floatMultiplyAdd} and ${floatAdd} pJ)`,
    wide: true,
  };
}
