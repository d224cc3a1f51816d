import { basename } from 'node:path';
import { withoutNegativeZero } from '../../files/canonical.js';
import { digestBytes } from '../../files/digest.js';
import type { Task } from '../../pipeline/expand/task.js';
import { mapFilePaths } from '../../stage/file-path.js';
import type { EngineFingerprint } from '../../stage/fingerprint.js';
import { isUserStage } from '../../stage/registry.js';
import type { Artifact, KeyInput, KeyParts } from '../../store/types.js';
import type { AxisValue, Digest } from '../../values.js';

export { keyOf } from '../../store/record.js';

/** One artifact of a task's input, known by content. */
export interface ResolvedArtifact {
  readonly artifact: Artifact;
  /** What it is called where the task finds it. */
  readonly name: string;
  /** Of a file input: where it is. All others are in the store. */
  readonly source?: string;
  /** Axis values and labels of the task that made it; empty for single inputs. */
  readonly axes: Readonly<Record<string, AxisValue>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** A task's input, once all it depends on is done. */
export type ResolvedInput = ResolvedArtifact | readonly ResolvedArtifact[];

/** What a key depends on beside the task itself. */
export interface KeyContext {
  readonly inputs: Readonly<Record<string, ResolvedInput>>;
  /** Of the stage's code; commands have none. */
  readonly fingerprint?: string;
  /** For stages that compute with the engine. */
  readonly engine?: EngineFingerprint;
  /** The environment that declared variables are taken from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Contents of the files that the stage names itself, in its order. */
  readonly files: readonly Digest[];
}

/** Collects what a task's key is made of. Paths, and names of pipelines, stages and tasks, are no part of it. */
export function buildKeyParts(task: Task, context: KeyContext): KeyParts {
  // In the order of canonical JSON, here and below: it is written faster.
  return {
    action: actionPart(task, context),
    engine: context.engine ?? null,
    env: Object.fromEntries(task.env.map((name) => [name, variablePart(context.env[name])])),
    files: Object.fromEntries(context.files.map((digest, index) => [String(index), digest])),
    inputs: inputParts(task, context.inputs),
    outputs: task.outputs,
    // YAML knows -0, canonical JSON does not. Who writes it as a parameter means 0.
    parameters: withoutNegativeZero(keyParameters(task)),
    type: 'spikeline-task/2',
  };
}

/**
 * Parameters without those that the stage says its result does not depend on. Of a path there is the name alone, as of an
 * input: what lies there is in the key by content, wherever it is.
 */
function keyParameters(task: Task): Task['parameters'] {
  const parameters = withoutKeyless(task);
  if (task.action.kind !== 'stage') return parameters;
  return mapFilePaths(task.action.definition.parameters, parameters, (path) => basename(path));
}

function withoutKeyless({ action, parameters }: Task): Task['parameters'] {
  const keyless = action.kind === 'stage' ? (action.definition.keyless ?? []) : [];
  if (keyless.length === 0) return parameters;
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !keyless.includes(name)));
}

/** Paths that parameters of a user's stage name: what lies there is part of the key. Built-in stages tell theirs. */
export function parameterFiles(task: Task): readonly string[] {
  const { action } = task;
  if (action.kind !== 'stage' || !isUserStage(action.uses)) return [];
  const found: string[] = [];
  mapFilePaths(action.definition.parameters, withoutKeyless(task), (path) => {
    found.push(path);
    return path;
  });
  return found;
}

function actionPart(task: Task, context: KeyContext): KeyParts['action'] {
  const { action } = task;
  switch (action.kind) {
    case 'stage':
      return { fingerprint: context.fingerprint!, stage: action.definition.name };
    case 'command':
      return { command: action.command };
    case 'shell':
      return { script: action.script, shell: action.shell };
  }
}

/** Records go to caches that others read, and a variable may hold a secret: its digest tells as well whether it changed. */
function variablePart(value: string | undefined): string | null {
  return value === undefined ? null : digestBytes(value);
}

function inputParts(task: Task, inputs: KeyContext['inputs']): KeyParts['inputs'] {
  const parts: Record<string, KeyParts['inputs'][string]> = {};
  for (const name in inputs) parts[name] = inputPart(task, inputs[name]!);
  return parts;
}

/** What a task can see of an input. Built-in stages look at content alone, so that their results are shared widely. */
function inputPart({ action }: Task, input: ResolvedInput): KeyParts['inputs'][string] {
  const isBuiltIn = action.kind === 'stage' && !isUserStage(action.uses);
  const seen = ({ artifact, name }: ResolvedArtifact): KeyInput => ({
    digest: artifact.digest,
    ...(isBuiltIn ? {} : { ...(artifact.executable && { executable: true }), name }),
  });
  if (!isList(input)) return seen(input);
  if (action.kind !== 'stage') return input.map(seen);
  return input.map((item) => ({ ...seen(item), axes: withoutNegativeZero(item.axes), labels: item.labels }));
}

/** True for the input of a stage that takes a list. */
export function isList(input: ResolvedInput): input is readonly ResolvedArtifact[] {
  return Array.isArray(input);
}
