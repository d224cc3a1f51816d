/** What a task's result is worth, or that it is being computed; of a stage, each of its tasks has one. */
export const states = ['cached', 'running', 'stale', 'missing', 'failed', 'waiting'] as const;
export type State = (typeof states)[number];
export type StateCounts = Readonly<Partial<Record<State, number>>>;

export interface GraphNode {
  readonly id: string;
  readonly title: string;
  /** Smaller lines below the title. */
  readonly details: readonly string[];
  /** How many tasks the node stands for are in which state. */
  readonly counts: StateCounts;
  /** What is said where none is in any. Default: `no tasks`. */
  readonly none?: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Axes whose points arrive together as a list. */
  readonly collects?: readonly string[];
}

/** A picture of a pipeline, before it is drawn. It has no cycles. */
export interface Graph {
  readonly title: string;
  /** Where the arrows point: few wide nodes read best from above, many small ones from the left. */
  readonly direction: 'down' | 'right';
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** Fill of a state: colours that colour-blind readers tell apart, and that stand out on white and on black. */
export const stateColours: Readonly<Record<State, string>> = {
  cached: '#009E73',
  running: '#0072B2',
  stale: '#E69F00',
  missing: '#CC79A7',
  failed: '#D55E00',
  waiting: '#56B4E9',
};

/** The state of all tasks of a node; undefined if they differ, or if there is none. */
export function commonState(counts: StateCounts): State | undefined {
  const present = states.filter((state) => (counts[state] ?? 0) > 0);
  return present.length === 1 ? present[0] : undefined;
}

/** What states are called, of those that a picture tells of. */
export type StateNames = Readonly<Partial<Record<State, string>>>;

/** Those that a plan tells of: they are what they are called themselves. */
export const plainNames = {
  ...{ cached: 'cached', stale: 'stale', missing: 'missing', failed: 'failed', waiting: 'waiting' },
} as const satisfies StateNames;

/** The states that have a name, in order. */
export function namedStates(names: StateNames): readonly State[] {
  return states.filter((state) => names[state] !== undefined);
}

/** `cached`, `8 cached`, `5 cached, 3 stale`. */
export function countsText(counts: StateCounts, names: StateNames = plainNames, none = 'no tasks'): string {
  const total = states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  if (total === 0) return none;
  const common = commonState(counts);
  if (total === 1 && common !== undefined) return names[common] ?? common;
  return states
    .filter((state) => (counts[state] ?? 0) > 0)
    .map((state) => `${counts[state]} ${names[state] ?? state}`)
    .join(', ');
}

/** How often each state occurs. */
export function countStates(list: Iterable<State>): StateCounts {
  const counts: Partial<Record<State, number>> = {};
  for (const state of list) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** `precision × noise` */
export function axesText(axes: readonly string[]): string {
  return axes.join(' × ');
}

/** `over precision × noise, repeated over seed`; empty without axes. */
export function sweepText(axes: readonly string[], repeat: readonly string[]): string {
  const swept = axes.filter((axis) => !repeat.includes(axis));
  const parts = [['over', swept] as const, ['repeated over', repeat] as const];
  return parts.flatMap(([word, names]) => (names.length === 0 ? [] : [`${word} ${axesText(names)}`])).join(', ');
}
