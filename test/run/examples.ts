import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { expect } from 'vitest';
import type { Pipeline, Task, TaskInput } from '../../src/pipeline/expand/task.js';
import type { Planner, TaskPlan } from '../../src/run/plan/planner.js';
import { defineStage, type StageDefinition } from '../../src/stage/definition.js';
import type { Store } from '../../src/store/store.js';
import type { Artifact, TaskRecord, TaskResult } from '../../src/store/types.js';
import type { TaskId } from '../../src/values.js';
import { writeFiles } from '../store/folder.js';

const range = { file: 'pipeline.yaml', start: 0, end: 0 };

/** A command task that makes one output, `result`. */
export function command(id: string, changes: Partial<Task> = {}): Task {
  return {
    id: id as TaskId,
    stage: id.split('@')[0]!,
    axes: {},
    labels: {},
    folder: '.',
    action: { kind: 'command', command: [[{ text: 'make' }], [{ output: 'result' }]] },
    parameters: {},
    inputs: {},
    outputs: { result: 'result.txt' },
    env: [],
    resources: {},
    range,
    ...changes,
  };
}

/** A task of a stage in `stage.ts` of the pipeline's folder, or of a built-in stage. */
export function stageTask(id: string, uses: string, definition: StageDefinition, changes: Partial<Task> = {}): Task {
  return command(id, { action: { kind: 'stage', uses, definition }, ...changes });
}

export const plainStage: StageDefinition = defineStage({
  name: 'plain',
  summary: 'Plain',
  parameters: Type.Object({}),
  inputs: {},
  outputs: { result: { description: 'The result', path: 'result.txt' } },
  run: () => Promise.resolve(undefined),
});

export function from(task: string, output = 'result'): TaskInput {
  return { kind: 'output', task: task as TaskId, output };
}

export function listFrom(...tasks: string[]): TaskInput {
  return { kind: 'list', items: tasks.map((task) => ({ task: task as TaskId, output: 'result' })) };
}

export function file(path: string): TaskInput {
  return { kind: 'file', path, range };
}

export function pipelineOf(folder: string, tasks: readonly Task[], name = 'example'): Pipeline {
  return {
    name,
    file: join(folder, 'pipeline.yaml'),
    folder,
    params: {},
    axes: {},
    stages: [...new Set(tasks.map((task) => task.stage))],
    tasks,
    expectations: [],
  };
}

/** Does what a run does for a task that is not cached, with `content` as its result. */
export async function complete(
  store: Store,
  pipeline: Pipeline,
  task: Task,
  plan: TaskPlan,
  content: string,
): Promise<TaskRecord> {
  const { key, parts, code } = plan.identity!;
  const draft = join(store.folder, '..', 'draft');
  writeFiles(draft, { result: content });
  const result: Artifact = await store.ingest(join(draft, 'result'));
  const record: TaskRecord = {
    key,
    parts,
    outputs: Object.fromEntries(Object.keys(task.outputs).map((name) => [name, result])),
    metrics: {},
    ...(code === undefined ? {} : { code }),
    provenance: {
      task: task.id,
      pipeline: pipeline.name,
      axes: task.axes,
      finishedAt: '2026-01-01T00:00:00.000Z',
      seconds: 1,
      threads: 1,
      spikeline: '0.1.0',
      node: 'v20.0.0',
      platform: 'linux',
    },
  };
  await store.writeRecord(record);
  await store.published(pipeline.name).show(task, record);
  return record;
}

/** Brings all tasks up to date, as a run does, the result of each being `resultOf` it; returns those that ran. */
export async function runAll(
  store: Store,
  pipeline: Pipeline,
  planner: Planner,
  resultOf: (task: Task) => string = (task) => `result of ${task.id}`,
): Promise<string[]> {
  const results = new Map<TaskId, TaskResult>();
  const ran: string[] = [];
  for (const task of pipeline.tasks) {
    const outputsOf = (id: TaskId) => results.get(id)?.outputs;
    const plan = await planner.statusOf(task, outputsOf);
    const { identity, result } = plan;
    expect(await planner.find(task, outputsOf)).toEqual({ identity, ...(result && { result }) });
    if (plan.result === undefined) {
      ran.push(task.id);
      results.set(task.id, await complete(store, pipeline, task, plan, resultOf(task)));
    } else {
      await store.published(pipeline.name).show(task, plan.result);
      results.set(task.id, plan.result);
    }
  }
  return ran;
}
