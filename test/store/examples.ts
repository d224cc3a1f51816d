import type { Task } from '../../src/pipeline/expand/task.js';
import { keyOf } from '../../src/store/record.js';
import type { Artifact, KeyParts, TaskRecord } from '../../src/store/types.js';
import type { TaskId } from '../../src/values.js';

/** A command task with one output a name. */
export function commandTask(
  stage: string,
  labels: Readonly<Record<string, string>>,
  outputs: Readonly<Record<string, string>>,
): Task {
  const point = Object.entries(labels).map(([axis, label]) => `${axis}=${label}`);
  return {
    id: (point.length === 0 ? stage : `${stage}@${point.join(',')}`) as TaskId,
    stage,
    axes: labels,
    labels,
    folder: '.',
    action: { kind: 'command', command: [[{ text: 'true' }]] },
    parameters: {},
    inputs: {},
    outputs,
    env: [],
    resources: {},
    range: { file: 'pipeline.yaml', start: 0, end: 0 },
  };
}

export function keyParts(parameters: unknown, outputs: Readonly<Record<string, string>> = {}): KeyParts {
  return {
    type: 'spikeline-task/2',
    action: { stage: 'example', fingerprint: 'sha256:0' },
    parameters,
    inputs: {},
    outputs,
    env: {},
    files: {},
    engine: null,
  };
}

export function recordOf(parts: KeyParts, outputs: Readonly<Record<string, Artifact>>): TaskRecord {
  return {
    key: keyOf(parts),
    parts,
    outputs,
    metrics: { accuracy: 0.5 },
    provenance: {
      task: 'example' as TaskId,
      pipeline: 'test',
      axes: {},
      finishedAt: '2026-01-01T00:00:00.000Z',
      seconds: 1,
      threads: 1,
      spikeline: '0.1.0',
      node: 'v20.0.0',
      platform: 'linux-x64',
    },
  };
}
