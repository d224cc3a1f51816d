import { suggestion } from '../../schema/suggest.js';
import { valuesOf } from '../../schema/words.js';
import type { AxisValue, Path } from '../../values.js';
import { hinted, type Place, type Reporter } from '../text/reporter.js';
import { type AxisPoint, selectPoints, valueText } from './axes.js';

/** One axis of a point, as a text names it: `axis=label`. */
export interface PointPart {
  readonly axis: string;
  readonly label?: string;
}

/** `axis=label,…`; a value that has a comma stands in double quotes, as JSON has texts. */
export function pointParts(text: string): PointPart[] {
  const parts = text.match(/(?:[^,="]*=(?:"(?:[^"\\]|\\.)*"(?=,|$))|[^,]+|(?<=,|^)(?=,|$))/gs) ?? [];
  return parts.map((part) => {
    const [axis, label] = part.split(/=(.*)/s) as [string, string?];
    return { axis, ...(label === undefined ? {} : { label: unquoted(label) }) };
  });
}

function unquoted(label: string): string {
  if (!/^".*"$/s.test(label)) return label;
  try {
    return JSON.parse(label) as string;
  } catch {
    return label;
  }
}

/** What an input names: a stage, one of its outputs, and its points if not all are meant. */
export interface Reference {
  readonly stage: string;
  readonly output: string | undefined;
  readonly at: readonly WantedPoint[];
}

interface WantedPoint {
  readonly axis: string;
  /** What follows the reference's own path to where the point is said. */
  readonly path: Path;
  /** Undefined where a text is no `axis=label`. */
  readonly labelsAmong?: (points: readonly AxisPoint[]) => ReadonlySet<string>;
}

/** A reference as files have it: `stage.output@axis=value,…`, or `{ stage: stage.output, at: { axis: value } }`. */
export type SaidReference = string | { readonly stage: string; readonly at?: Readonly<Record<string, AxisValue>> };

export function readReference(said: SaidReference): Reference {
  const [target, filter] = splitAt(typeof said === 'string' ? said : said.stage, '@');
  const [stage, output] = splitAt(target, '.');
  const at: WantedPoint[] = [];
  if (filter !== undefined) at.push(...wantedInText(filter, typeof said === 'string' ? [] : ['stage']));
  if (typeof said !== 'string' && said.at !== undefined) at.push(...wantedInMap(said.at));
  return { stage, output, at };
}

/** What stands before the first such character, and what behind it. */
function splitAt(text: string, mark: string): readonly [before: string, behind: string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function wantedInText(filter: string, path: Path): WantedPoint[] {
  const parts: readonly PointPart[] = filter === '' ? [{ axis: '' }] : pointParts(filter);
  return parts.map(({ axis, label }) => ({
    axis,
    path,
    ...(label === undefined ? {} : { labelsAmong: (points) => called(points, label) }),
  }));
}

function wantedInMap(wanted: Readonly<Record<string, AxisValue>>): WantedPoint[] {
  return Object.entries(wanted).map(([axis, value]) => ({
    axis,
    path: ['at', axis],
    labelsAmong: (points) => selectPoints(points, value),
  }));
}

/** Points that are called so, or else whose value is written so. */
function called(points: readonly AxisPoint[], text: string): ReadonlySet<string> {
  const labelled = points.filter(({ label }) => label === text);
  const found = labelled.length > 0 ? labelled : points.filter(({ value }) => valueText(value) === text);
  return new Set(found.map(({ label }) => label));
}

/** Labels that a reference asks for, by axis of the stage that it names; undefined after a mistake. */
export function checkPoint(
  { stage, at }: Reference,
  axes: ReadonlyMap<string, readonly AxisPoint[]>,
  path: Path,
  reporter: Reporter,
): ReadonlyMap<string, ReadonlySet<string>> | undefined {
  const wanted = new Map<string, ReadonlySet<string>>();
  for (const { axis, path: own, labelsAmong } of at) {
    const place: Place = { path: [...path, ...own] };
    const refuse = (code: string, message: string, hint: string | undefined) =>
      reporter.error(code, message, place, hinted(hint));
    if (labelsAmong === undefined) {
      refuse('E_INPUT_POINT', 'A point is axis=value after the @', `such as ${stage}@${exampleOf(axes)}`);
      return undefined;
    }
    const points = axes.get(axis);
    if (points === undefined) {
      const hint = axes.size === 0 ? 'it has no axes' : suggestion(axis, axes.keys());
      refuse('E_UNKNOWN_AXIS', `"${stage}" has no axis "${axis}"`, hint);
      return undefined;
    }
    if (wanted.has(axis)) {
      refuse('E_INPUT_POINT', `The axis "${axis}" is here twice`, 'keep one of them');
      return undefined;
    }
    const labels = labelsAmong(points);
    if (labels.size === 0) {
      const hint = valuesOf(points.map(({ label }) => label));
      refuse('E_INPUT_POINT', `The axis "${axis}" of "${stage}" has no such value`, hint);
      return undefined;
    }
    wanted.set(axis, labels);
  }
  return wanted;
}

function exampleOf(axes: ReadonlyMap<string, readonly AxisPoint[]>): string {
  const [first] = axes;
  return first === undefined ? 'axis=value' : `${first[0]}=${first[1][0]!.label}`;
}
