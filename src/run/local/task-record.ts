import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { TaskRecord } from '../../store/types.js';
import { version } from '../../version.js';
import type { TaskIdentity } from '../plan/identity.js';
import { thisPlatform } from './platform.js';
import type { ExecutionResult } from './task-runner.js';

/** What the store is to know of a task that has just been computed on this machine. */
export function taskRecord(
  pipeline: Pipeline,
  task: Task,
  { key, parts, code }: TaskIdentity,
  { outputs, metrics, kernels }: Extract<ExecutionResult, { outputs: unknown }>,
  { seconds, threads }: Pick<TaskRecord['provenance'], 'seconds' | 'threads'>,
): TaskRecord {
  // In the order of canonical JSON: it is written faster.
  return {
    ...(code === undefined ? {} : { code }),
    key,
    metrics,
    outputs,
    parts,
    provenance: {
      axes: task.axes,
      finishedAt: new Date().toISOString(),
      ...(kernels === undefined ? {} : { kernels }),
      node: process.version,
      pipeline: pipeline.name,
      platform: thisPlatform,
      seconds,
      spikeline: version,
      task: task.id,
      threads,
    },
  };
}
