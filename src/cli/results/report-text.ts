import { basename, join } from 'node:path';
import { resultsOf } from '../../api/results/current.js';
import { outputsOfKind, ownPageTasks } from '../../api/results/declared.js';
import { removeFolder } from '../../files/remove.js';
import { expectedOf, repeatOf } from '../../pipeline/expand/facts.js';
import type { Pipeline, Task, TaskInput } from '../../pipeline/expand/task.js';
import type { Expected, ReportContent } from '../../report/content/content.js';
import { type ReportFile, readContent } from '../../report/content/read.js';
import { markdownTables } from '../../report/tables/subject-tables.js';
import { type ResultKind, resultKinds } from '../../results/kinds.js';
import type { TaskPlan } from '../../run/plan/planner.js';
import type { Store } from '../../store/store.js';
import type { TaskId } from '../../values.js';

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
  const shown = shownResults(pipeline);
  const made = resultKinds.map((kind) => [kind, shown[kind].filter(({ task }) => results.has(task))] as const);
  if (made.every(([, items]) => items.length === 0)) return '';
  const tasks = new Map(pipeline.tasks.map((task) => [task.id, task]));
  const folder = await store.workFolder();
  try {
    const files: Partial<Record<ResultKind, readonly ReportFile[]>> = {};
    for (const [kind, items] of made)
      files[kind] = await Promise.all(
        items.map(async ({ task: id, output }, index): Promise<ReportFile> => {
          const task = tasks.get(id)!;
          const path = join(folder, `${kind}-${index}`, basename(task.outputs[output]!));
          await store.materialise(results.get(id)!.outputs[output]!, path, {
            ...{ mode: 'link', what: `The output "${output}" of ${id}` },
          });
          return { path, labels: task.labels };
        }),
      );
    const lists = Object.fromEntries(made.map(([kind, items]): [string, TaskInput] => [kind, { kind: 'list', items }]));
    const about: Pick<ReportContent, 'title' | 'expected' | 'repeat'> = {
      title: pipeline.name,
      repeat: repeatOf(lists, tasks) ?? [],
      expected: expectedOf(lists, pipeline.expectations, tasks) as unknown as readonly Expected[],
    };
    return markdownTables(await readContent(files, about));
  } finally {
    removeFolder(folder);
  }
}

/** What the pipeline's page shows; without one, all results whose stages say that they are of such a kind. */
function shownResults(pipeline: Pipeline): Readonly<Record<ResultKind, readonly Made[]>> {
  const [page] = ownPageTasks(pipeline);
  const ofKind = (kind: ResultKind): readonly Made[] =>
    page === undefined
      ? pipeline.tasks.flatMap((task) => outputsOfKind(task, kind).map((output) => ({ task: task.id, output })))
      : inputsOfKind(page, kind);
  return Object.fromEntries(resultKinds.map((kind) => [kind, ofKind(kind)])) as Record<ResultKind, readonly Made[]>;
}

function inputsOfKind({ action, inputs }: Task, kind: ResultKind): readonly Made[] {
  if (action.kind !== 'stage') return [];
  return Object.entries(inputs).flatMap(([name, input]): readonly Made[] => {
    if (action.definition.inputs[name]?.kind !== kind || input.kind === 'file') return [];
    return input.kind === 'list' ? input.items : [input];
  });
}
