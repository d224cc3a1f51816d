import { hostname, platform, release } from 'node:os';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { TaskRecord } from '../../store/types.js';
import { version } from '../../version.js';
import type { TaskIdentity } from '../plan/identity.js';
import type { ExecutionResult } from './task-runner.js';

/** What the store is to know of a task that has just been computed on this machine. */
export function taskRecord(
  pipeline: Pipeline,
  task: Task,
  { key, parts, code }: TaskIdentity,
  { outputs, metrics, kernels }: Extract<ExecutionResult, { outputs: unknown }>,
  how: Pick<TaskRecord['provenance'], 'seconds' | 'threads'>,
): TaskRecord {
  return {
    key,
    parts,
    ...(code === undefined ? {} : { code }),
    outputs,
    metrics,
    provenance: {
      task: task.id,
      pipeline: pipeline.name,
      axes: task.axes,
      finishedAt: new Date().toISOString(),
      ...how,
      spikeline: version,
      node: process.version,
      ...(kernels === undefined ? {} : { kernels }),
      platform: `${platform()} ${release()} ${process.arch} ${hostname()}`,
    },
  };
}
