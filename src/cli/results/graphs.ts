// The picture of a pipeline, by its stages or its tasks.

import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { countStates, type Graph, type GraphEdge, type State, sweepText } from '../../report/graph/graph.js';
import type { TaskId } from '../../values.js';
import { tasksOfStage } from './cells.js';

/** A node a task. */
export function taskGraph(pipeline: Pipeline, stateOf: (task: TaskId) => State): Graph {
  return {
    title: pipeline.name,
    direction: 'right',
    nodes: pipeline.tasks.map(({ id, stage, labels }) => ({
      id,
      title: stage,
      details: Object.keys(labels).length === 0 ? [] : [id.slice(stage.length + 1)],
      counts: countStates([stateOf(id)]),
    })),
    edges: pipeline.tasks.flatMap((task) => dependenciesOf(task).map((from): GraphEdge => ({ from, to: task.id }))),
  };
}

/**
 * A node a stage, with its axes; arrows say which axes arrive as a list.
 * @param stateOf undefined for tasks that are not to be counted
 */
export function stageGraph(pipeline: Pipeline, stateOf: (task: TaskId) => State | undefined): Graph {
  return {
    title: pipeline.name,
    direction: 'down',
    nodes: pipeline.stages.map((stage) => {
      const tasks = tasksOfStage(pipeline, stage);
      return {
        id: stage,
        title: stage,
        details: stageDetails(stage, tasks),
        counts: countStates(tasks.flatMap(({ id }) => stateOf(id) ?? [])),
        ...(tasks.length > 0 && { none: 'not part of this run' }),
      };
    }),
    edges: stageEdges(pipeline),
  };
}

function stageDetails(stage: string, tasks: readonly Task[]): string[] {
  const [first] = tasks;
  if (first === undefined) return [];
  const { action, labels, repeat = [] } = first;
  const work = action.kind === 'stage' ? action.uses : 'command';
  const swept = sweepText(Object.keys(labels), repeat);
  return [work === stage ? '' : work, swept].filter((detail) => detail !== '');
}

function stageEdges({ tasks }: Pipeline): GraphEdge[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const edges = new Map<string, { readonly from: string; readonly to: string; readonly axes: Set<string> }>();
  for (const task of tasks)
    for (const input of Object.values(task.inputs)) {
      if (input.kind === 'file') continue;
      for (const item of input.kind === 'list' ? input.items : [input]) {
        const maker = byId.get(item.task)!;
        const pair = `${maker.stage}\0${task.stage}`;
        const edge = edges.get(pair) ?? { from: maker.stage, to: task.stage, axes: new Set() };
        edges.set(pair, edge);
        for (const axis of Object.keys(maker.labels)) if (!(axis in task.labels)) edge.axes.add(axis);
      }
    }
  return [...edges.values()].map(({ from, to, axes }) => ({
    from,
    to,
    ...(axes.size === 0 ? {} : { collects: [...axes] }),
  }));
}
