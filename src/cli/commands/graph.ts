import { extname } from 'node:path';
import { callOf } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { UserError } from '../../error.js';
import { graphSvg, largestPicture, pictureSize } from '../../report/graph/svg.js';
import { graphDot, graphMermaid } from '../../report/graph/text.js';
import { Planner } from '../../run/plan/planner.js';
import { countOf } from '../../run/views/text.js';
import type { TaskId } from '../../values.js';
import { openPipeline } from '../opening/pipeline.js';
import { stageGraph, taskGraph } from '../results/graphs.js';
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
      options.tasks === true ? `draw the stages, without --tasks, or use Graphviz: --format dot` : undefined,
    );
  const text = formats[format](graph);
  if (options.output === undefined) print(text);
  else {
    await writeOutput(options.output, text);
    print(`Wrote ${options.output}: ${countOf(graph.nodes.length, options.tasks === true ? 'task' : 'stage')}.`);
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
