import { nearest } from '../../schema/suggest.js';
import type { Path } from '../../values.js';
import type { CheckedStage } from '../check/checked.js';
import type { ExpressionProblem } from '../check/expressions.js';
import type { LabelledAxes } from '../check/stages.js';
import type { Diagnostic } from '../text/diagnostic.js';
import { hinted, type Place, type Reporter } from '../text/reporter.js';

interface Details {
  /** True if it depends on the point of the axes, which is the default. */
  readonly swept?: boolean;
  /** Expressions that the wrong value came from. */
  readonly from?: readonly string[];
  readonly hint?: string | undefined;
  /** What tells it from others of its code at its place. */
  readonly about?: string;
  readonly related?: Diagnostic['related'];
}

/** Mistakes that show at the points of a stage's axes: the first point that fails speaks for all. */
export class Problems {
  readonly #reported = new Set<string>();
  /** Labels of the point that is being looked at, such as `noise=0.1`; empty for a stage without axes. */
  point = '';

  constructor(
    readonly reporter: Reporter,
    readonly stage: CheckedStage,
    readonly names: { readonly params: object; readonly axes: LabelledAxes },
  ) {}

  report(
    code: string,
    message: string,
    at: Place,
    { swept = true, from = [], hint, about: what, related = [] }: Details = {},
  ): void {
    const id = JSON.stringify([code, at, what]);
    if (this.#reported.has(id)) return;
    this.#reported.add(id);
    const about = [
      ...(from.length === 0 ? [] : [`from ${from.join(' and ')}`]),
      ...(this.point === '' || !swept ? [] : [`at ${this.point}`]),
    ];
    const where = about.length === 0 ? '' : ` (${about.join(', ')})`;
    const sentence = `${message.replace(/\.$/, '')}${where}`;
    this.reporter.error(code, sentence, at, { ...hinted(hint), ...(related.length === 0 ? {} : { related }) });
  }

  expression({ raw, start, end, code, message, hint, unknown }: ExpressionProblem, path: Path): void {
    const part = { text: raw, ...(start === undefined || end === undefined ? {} : { start, end }) };
    const better = unknown === undefined ? undefined : this.#hintFor(unknown);
    const id = JSON.stringify([code, path, part]);
    if (this.#reported.has(id)) return;
    this.#reported.add(id);
    this.reporter.error(code, message, { path, part }, hinted(better ?? hint));
  }

  /** What an unknown first name probably means. */
  #hintFor(name: string): string | undefined {
    const own = this.stage.axes.map(([axis]) => axis);
    if (Object.hasOwn(this.names.axes, name))
      return `the stage is not swept over "${name}": write over: [${[...own, name].join(', ')}]`;
    if (Object.hasOwn(this.names.params, name)) return `did you mean "params.${name}"?`;
    if (name === 'inputs' || name === 'outputs') return `${name} have paths only in the words of \`run\``;
    const near = nearest(name, ['params', ...own]);
    if (near !== undefined) return undefined;
    const param = nearest(name, Object.keys(this.names.params));
    return param === undefined ? undefined : `did you mean "params.${param}"?`;
  }
}
