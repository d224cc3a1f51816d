import { basename, join } from 'node:path';
import { removeFolder } from '../../files/atomic.js';
import { expectedOf } from '../../pipeline/expand/facts.js';
import type { Pipeline, Task, TaskInput } from '../../pipeline/expand/task.js';
import type { Expected, ReportContent, ReportInput } from '../../report/content/content.js';
import { type ReportFile, readContent } from '../../report/content/read.js';
import { markdownTables } from '../../report/tables/subject-tables.js';
import type { TaskPlan } from '../../run/plan/planner.js';
import type { Store } from '../../store/store.js';
import type { TaskId } from '../../values.js';
import { resultsOf } from './current.js';
import { ownReportTasks } from './pages.js';

/** Where a pipeline without the stage `report` has what one would take: stage and output, by input. */
const sources: Readonly<Record<ReportInput, readonly [uses: string, output: string]>> = {
  ann: ['ann-infer', 'result'],
  snn: ['snn-infer', 'result'],
  conversion: ['snn-convert', 'report'],
  history: ['train', 'history'],
};

interface Made {
  readonly task: TaskId;
  readonly output: string;
}

/** The tables of the page as Markdown, of the results that are up to date; empty where there are none. */
export async function reportText(
  pipeline: Pipeline,
  store: Store,
  plans: ReadonlyMap<TaskId, TaskPlan>,
): Promise<string> {
  const results = resultsOf(plans);
  const made = Object.entries(inputsOf(pipeline)).map(
    ([input, items]) => [input, items.filter(({ task }) => results.has(task))] as const,
  );
  if (made.every(([, items]) => items.length === 0)) return '';
  const tasks = new Map(pipeline.tasks.map((task) => [task.id, task]));
  const folder = await store.workFolder();
  try {
    const files: Partial<Record<ReportInput, readonly ReportFile[]>> = {};
    for (const [input, items] of made)
      files[input as ReportInput] = await Promise.all(
        items.map(async ({ task: id, output }, index): Promise<ReportFile> => {
          const task = tasks.get(id)!;
          const path = join(folder, `${input}-${index}`, basename(task.outputs[output]!));
          await store.materialise(results.get(id)!.outputs[output]!, path, 'link', `The output "${output}" of ${id}`);
          return { path, labels: task.labels };
        }),
      );
    const lists = Object.fromEntries(
      made.map(([input, items]): [string, TaskInput] => [input, { kind: 'list', items }]),
    );
    const about: Pick<ReportContent, 'title' | 'expected'> = {
      title: pipeline.name,
      expected: expectedOf(lists, pipeline.expectations) as unknown as readonly Expected[],
    };
    return markdownTables(await readContent(files, about));
  } finally {
    removeFolder(folder);
  }
}

/** What the pipeline's page is made from, or would be. */
function inputsOf(pipeline: Pipeline): Readonly<Partial<Record<ReportInput, readonly Made[]>>> {
  const [report] = ownReportTasks(pipeline);
  if (report !== undefined) return Object.fromEntries(listsOf(report));
  return Object.fromEntries(
    Object.entries(sources).map(([input, [uses, output]]) => [
      input,
      pipeline.tasks
        .filter(({ action }) => action.kind === 'stage' && action.uses === uses)
        .map(({ id }) => ({ task: id, output })),
    ]),
  );
}

function listsOf({ inputs }: Task): [string, readonly Made[]][] {
  return Object.entries(inputs).flatMap(([name, input]): [string, readonly Made[]][] =>
    input.kind === 'file' ? [] : [[name, input.kind === 'list' ? input.items : [input]]],
  );
}
