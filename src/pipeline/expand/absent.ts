import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { filePathsIn } from '../../stage/file-path.js';
import type { Diagnostic } from '../text/diagnostic.js';
import type { Pipeline, Task } from './task.js';

interface Absent {
  /** Name of the parameter. */
  readonly parameter: string;
  /** What it says. */
  readonly path: string;
}

/**
 * Paths that a task's keyless parameters name, and where nothing is. The task can't run, but a result that is cached, here
 * or in a shared cache, can be used: so this is no mistake in the file. (Other parameters' files enter the key, and are
 * looked at by `checkParameters`.)
 */
export function absentFiles({ action, parameters }: Task, { folder }: Pick<Pipeline, 'folder'>): readonly Absent[] {
  if (action.kind !== 'stage' || action.definition.keyless === undefined) return [];
  const { parameters: schema, keyless } = action.definition;
  return filePathsIn(schema, parameters).flatMap((place) => {
    if (!keyless.includes(String(place[0]))) return [];
    const path = place.reduce<unknown>((inner, step) => (inner as Record<string, unknown>)[step], parameters) as string;
    return existsSync(resolve(folder, path)) ? [] : [{ parameter: place.join('.'), path }];
  });
}

/** A warning for each stage and file of that kind. */
export function absentFileWarnings({ folder, tasks }: Pick<Pipeline, 'folder' | 'tasks'>): readonly Diagnostic[] {
  const warnings = new Map<string, Diagnostic>();
  for (const task of tasks)
    for (const { parameter, path } of absentFiles(task, { folder }))
      warnings.set(JSON.stringify([task.stage, parameter, path]), {
        severity: 'warning',
        code: 'W_FILE',
        message: `"${task.stage}" reads "${path}" (${parameter}), but there is no such file or folder: it can't run, and only a cached result can be used.`,
        range: task.range,
        hint: `looked for ${resolve(folder, path)}`,
      });
  return [...warnings.values()];
}
