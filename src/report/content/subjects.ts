import type { AnnResult } from '../../results/ann-result.js';
import type { ConversionResult } from '../../results/conversion-result.js';
import type { History } from '../../results/history.js';
import type { SnnResult } from '../../results/snn-result.js';
import { groupBy } from '../numbers/group.js';
import { displayName } from '../numbers/names.js';
import type { ItemVerdict, ReportContent, ReportItem } from './content.js';
import { verdictsOf } from './content.js';

/** What a report says of one network on one data set. */
export interface Subject {
  /** `lenet-mnist`; empty for what can't be told apart. */
  readonly name: string;
  readonly heading: string;
  readonly ann: readonly ReportItem<AnnResult>[];
  readonly snn: readonly ReportItem<SnnResult>[];
  readonly conversion: readonly ReportItem<ConversionResult>[];
  readonly history: readonly ReportItem<History>[];
  readonly verdicts: readonly ItemVerdict[];
  /** Axes of repetition, the outermost first. */
  readonly repeat: readonly string[];
}

type Labels = Readonly<Record<string, string>>;

/**
 * The content by network and data set, in order of first appearance. Conversions and histories that don't name theirs go
 * where a result with the same labels is. What fits several or none makes a subject of its own, the last.
 */
export function subjectsOf(content: ReportContent): Subject[] {
  const verdicts = verdictsOf(content);
  const results = [...content.ann, ...content.snn];
  const keyOf = ({ result }: ReportItem<AnnResult | SnnResult>) => `${result.network}-${result.dataset}`;
  const groups = groupBy(results, keyOf);
  const homeOf = ({ labels, result: made }: ReportItem<ConversionResult | History>): string => {
    const { network } = made;
    const dataset = 'epochs' in made ? made.dataset : made.comparison?.dataset;
    if (groups.size === 1) return [...groups.keys()][0]!;
    const fitting = [...groups].filter(([, items]) => {
      const [{ result }] = items as [ReportItem<AnnResult | SnnResult>];
      const named = (network ?? result.network) === result.network && (dataset ?? result.dataset) === result.dataset;
      if (network !== undefined && dataset !== undefined) return named;
      return named && items.some((item) => compatible(labels, item.labels));
    });
    return fitting.length === 1 ? fitting[0]![0] : '';
  };
  const subject = (name: string, heading: string): Subject => {
    const own = <T extends ConversionResult | History>(items: readonly ReportItem<T>[]) =>
      items.filter((item) => homeOf(item) === name);
    const named = <T extends AnnResult | SnnResult>(items: readonly ReportItem<T>[]) =>
      items.filter((item) => keyOf(item) === name);
    const parts = {
      ...{ ann: named(content.ann), snn: named(content.snn) },
      ...{ conversion: own(content.conversion), history: own(content.history) },
    };
    const items = new Set<unknown>([...parts.ann, ...parts.snn, ...parts.conversion, ...parts.history]);
    const { repeat } = content;
    return { name, heading, ...parts, repeat, verdicts: verdicts.filter(({ item }) => items.has(item)) };
  };
  const subjects = [...groups].map(([name, [first]]) => {
    const { network, dataset } = first!.result;
    return subject(name, `${displayName(network)} on ${displayName(dataset)}`);
  });
  const rest = subject('', subjects.length === 0 ? 'Results' : 'All networks');
  return rest.conversion.length + rest.history.length > 0 ? [...subjects, rest] : subjects;
}

/** True if the labels have axes in common, and agree on all of them. */
function compatible(a: Labels, b: Labels): boolean {
  const shared = Object.keys(a).filter((axis) => b[axis] !== undefined);
  return shared.length > 0 && shared.every((axis) => a[axis] === b[axis]);
}
