import type { Reporter } from '../text/reporter.js';
import type { CheckedStage } from './checked.js';

interface Edge {
  readonly input: string;
  readonly producer: string;
}

function edgesOf(stage: CheckedStage, stages: ReadonlyMap<string, CheckedStage>): Edge[] {
  const edges: Edge[] = [];
  for (const [input, target] of stage.inputs)
    if (target.kind === 'output')
      for (const { stage: producer } of target.from) if (stages.has(producer)) edges.push({ input, producer });
  return edges;
}

/** Producers before consumers, otherwise in file order; stages of other files have their place already. Cycles are reported with their path. */
export function sortStages(stages: ReadonlyMap<string, CheckedStage>, reporter: Reporter): CheckedStage[] {
  const sorted: CheckedStage[] = [];
  const state = new Map<string, 'open' | 'done'>();
  // An explicit stack: pipelines may be chains of ten thousand stages.
  for (const root of stages.values()) {
    if (state.has(root.name)) continue;
    const stack = [{ stage: root, edges: edgesOf(root, stages), next: 0 }];
    state.set(root.name, 'open');
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const edge = top.edges[top.next++];
      if (edge === undefined) {
        state.set(top.stage.name, 'done');
        sorted.push(top.stage);
        stack.pop();
      } else if (state.get(edge.producer) === 'open') {
        const from = stack.findIndex(({ stage }) => stage.name === edge.producer);
        reportCycle(
          stack.slice(from).map(({ stage, edges, next }) => ({ stage, edge: edges[next - 1]! })),
          reporter,
        );
      } else if (!state.has(edge.producer)) {
        state.set(edge.producer, 'open');
        const stage = stages.get(edge.producer)!;
        stack.push({ stage, edges: edgesOf(stage, stages), next: 0 });
      }
    }
  }
  return sorted;
}

/** More of a cycle than this says nothing more. */
const shownStages = 8;

/** The stages of a cycle, each with the input that leads to the next. */
function reportCycle(
  cycle: readonly { readonly stage: CheckedStage; readonly edge: Edge }[],
  reporter: Reporter,
): void {
  const names = cycle.map(({ stage }) => stage.name);
  const [first] = names;
  const shown = names.length > shownStages ? [...names.slice(0, shownStages), '…'] : names;
  const message =
    names.length === 1
      ? `The stage "${first}" takes its own output`
      : `The stages wait for each other: ${[...shown, first].join(' → ')} (each takes the output of the next)`;
  const { stage: last, edge: closing } = cycle.at(-1)!;
  const related = cycle.slice(0, Math.min(cycle.length - 1, shownStages)).map(({ stage, edge }) => ({
    message: `"${stage.name}" takes "${edge.producer}" here`,
    range: reporter.source.range([...stage.path, 'inputs', edge.input]),
  }));
  reporter.error(
    'E_CYCLE',
    message,
    { path: [...last.path, 'inputs', closing.input] },
    { ...(related.length === 0 ? {} : { related }), hint: `remove ${names.length === 1 ? 'it' : 'one of them'}` },
  );
}
