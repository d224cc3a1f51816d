import { extname } from 'node:path';
import { callOf } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { UserError } from '../../error.js';
import { dependenciesOf } from '../../pipeline/expand/targets.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { countStates, type Graph, type GraphEdge, type State, sweepText } from '../../report/graph/graph.js';
import { graphSvg, largestPicture, pictureSize } from '../../report/graph/svg.js';
import { graphDot, graphMermaid } from '../../report/graph/text.js';
import { Planner } from '../../run/plan/planner.js';
import type { TaskId } from '../../values.js';
import { openPipeline } from '../opening/pipeline.js';
import { tasksOfStage } from '../results/cells.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print, printError } from '../terminal/output.js';
import { writeOutput } from '../terminal/output-file.js';

export interface GraphOptions extends PipelineOptions {
  readonly format?: string;
  readonly tasks?: boolean;
  readonly output?: string;
}

const formats = { mermaid: graphMermaid, dot: graphDot, svg: graphSvg } as const;
type Format = keyof typeof formats;
const endings: Readonly<Record<string, Format>> = { '.mmd': 'mermaid', '.dot': 'dot', '.gv': 'dot', '.svg': 'svg' };
/** Mermaid refuses graphs with more edges unless it is set up otherwise. */
const mermaidEdges = 500;

/** `graph`: the picture of a pipeline, coloured by state. */
export async function graphCommand(file: string | undefined, options: GraphOptions): Promise<number> {
  const format = formatOf(options);
  const pipeline = await openPipeline(file, options);
  const plans = await new Planner(pipeline, openStore(options, pipeline)).plan();
  const stateOf = (id: TaskId) => plans.get(id)!.status.state;
  const graph = options.tasks === true ? taskGraph(pipeline, stateOf) : stageGraph(pipeline, stateOf);
  if (format === 'svg' && pictureSize(graph) > largestPicture)
    throw new UserError(
      'E_USAGE',
      `A picture of ${graph.nodes.length} tasks with ${graph.edges.length} arrows would be too large to view.`,
      options.tasks === true ? `draw the stages, without --tasks; or give Graphviz the graph: --format dot` : undefined,
    );
  const text = formats[format](graph);
  if (options.output === undefined) print(text);
  else {
    await writeOutput(options.output, text);
    print(`Wrote ${options.output}: ${graph.nodes.length} ${options.tasks === true ? 'tasks' : 'stages'}.`);
  }
  if (format === 'mermaid' && graph.edges.length > mermaidEdges)
    printError(
      `Mermaid draws ${mermaidEdges} arrows at most, and there are ${graph.edges.length}.\n  hint: ${callOf('graph', pipeline, options)} --format svg`,
    );
  return exitCodes.done;
}

function formatOf({ format, output }: GraphOptions): Format {
  if (format === undefined) return endings[extname(output ?? '').toLowerCase()] ?? 'mermaid';
  if (Object.hasOwn(formats, format)) return format as Format;
  throw new UserError('E_USAGE', `There is no format "${format}".`, `known: ${Object.keys(formats).join(', ')}`);
}

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

/** A node a stage, with its axes; arrows say which axes arrive as a list. */
export function stageGraph(pipeline: Pipeline, stateOf: (task: TaskId) => State): Graph {
  return {
    title: pipeline.name,
    direction: 'down',
    nodes: pipeline.stages.map((stage) => {
      const tasks = tasksOfStage(pipeline, stage);
      return {
        id: stage,
        title: stage,
        details: stageDetails(stage, tasks),
        counts: countStates(tasks.map(({ id }) => stateOf(id))),
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
