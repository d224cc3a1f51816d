import type { Subject } from '../content/subjects.js';
import { energyPerImage } from '../numbers/energy.js';
import { grouped, percentValue, threeDigits } from '../numbers/format.js';
import { displayPrecision } from '../numbers/group.js';
import { worstVerdict } from '../tables/table.js';
import { type Html, html } from './html.js';

interface Tile {
  readonly figure: string;
  readonly caption: string;
  readonly tone?: string;
}

/** The few figures that say how it went, at the head of the page. */
export function tilesOf(subjects: readonly Subject[]): Html {
  const several = subjects.filter(({ snn }) => snn.length > 0).length > 1;
  const tiles = [
    verdictTile(subjects),
    neuronsTile(subjects),
    ...subjects.flatMap((subject) =>
      several ? [accuracyTile(subject, true)] : [accuracyTile(subject, false), energyTile(subject)],
    ),
  ].filter((tile) => tile !== undefined);
  return html`<ul class="tiles">${tiles.map(
    ({ figure, caption, tone }) => html`<li class="${tone ?? ''}"><b>${figure}</b><span>${caption}</span></li>`,
  )}</ul>`;
}

function verdictTile(subjects: readonly Subject[]): Tile | undefined {
  const verdicts = subjects.flatMap((subject) => subject.verdicts);
  if (verdicts.length === 0) return undefined;
  const compared = verdicts.filter(({ verdict }) => verdict !== 'n/a');
  const others = verdicts.length - compared.length;
  const rest = others === 0 ? '' : `${grouped(others)} not compared: numbers of another run`;
  if (compared.length === 0) return { figure: 'n/a', caption: rest };
  const met = compared.filter(({ verdict }) => verdict === 'met').length;
  return {
    figure: `${grouped(met)} of ${grouped(compared.length)}`,
    caption: `expectations met${rest === '' ? '' : `, ${rest}`}`,
    tone: worstVerdict(compared),
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

function accuracyTile({ snn, ann, heading }: Subject, named: boolean): Tile | undefined {
  const clean = snn.map(({ result }) => result).filter(({ noise }) => noise === 0);
  const best = clean.toSorted((a, b) => b.accuracy - a.accuracy)[0];
  if (best === undefined) return undefined;
  const baseline = ann.find(({ result }) => result.precision === 'fp32')?.result.accuracy;
  const beside = baseline === undefined ? '' : `, FP32 baseline ${percentValue(100 * baseline)}`;
  return {
    figure: percentValue(100 * best.accuracy),
    caption: `best SNN${named ? `, ${heading}` : ''} (${displayPrecision(best.precision)}${beside})`,
  };
}

function energyTile({ snn }: Subject): Tile | undefined {
  const clean = snn
    .map(({ result }) => result)
    .filter(({ noise, eventSopsPerImage }) => noise === 0 && eventSopsPerImage > 0);
  const best = clean.toSorted((a, b) => b.accuracy - a.accuracy)[0];
  if (best === undefined) return undefined;
  const { ann, event } = energyPerImage(best);
  return {
    figure: `${threeDigits(ann / event)} ×`,
    caption: `less energy for arithmetic than the float ANN, estimated (${best.precision}, int32 additions)`,
  };
}
