import { isAbsolute } from 'node:path';
import { type Capability, capabilities } from '../engine/engine.js';
import { columnFormats } from './definition.js';
import { artifactKinds, outputKinds } from './kinds.js';
import { needProblems } from './needs.js';
import { clash } from './output-paths.js';

/** What is wrong with the default export of a user's stage file, one phrase a problem; empty if nothing is. */
export function definitionProblems(value: unknown): readonly string[] {
  if (!isRecord(value)) return ['is not an object made by defineStage({ … })'];
  const problems: string[] = [];
  for (const field of ['name', 'summary'])
    if (typeof value[field] !== 'string') problems.push(`${field} must be a string`);
  if (typeof value.run !== 'function') problems.push('run must be a function');
  if (!isRecord(value.parameters) || value.parameters.type !== 'object')
    problems.push('parameters must be Type.Object({ … })');
  const { inputs, outputs, columns = [] } = value;
  problems.push(...fieldProblems(inputs, 'inputs', artifactKinds), ...fieldProblems(outputs, 'outputs', outputKinds));
  if (isRecord(outputs)) problems.push(...pathProblems(outputs));
  if (isRecord(outputs) && Object.values(outputs).filter((one) => isRecord(one) && one.kind === 'page').length > 1)
    problems.push('outputs must have at most one page');
  if (!Array.isArray(columns) || !columns.every(isColumn))
    problems.push(
      `columns must be a list of { title, metric, format, minus }, format one of ${columnFormats.join(', ')}`,
    );
  const { fromPipeline } = value;
  const facts = ['name', 'description', 'expect', 'repeat'];
  if (fromPipeline !== undefined) {
    const named = isRecord(fromPipeline) ? Object.values(fromPipeline) : [undefined];
    if (!named.every((fact) => facts.includes(fact as string)))
      problems.push(`fromPipeline must name for each parameter one of ${facts.join(', ')}`);
  }
  const { usesEngine = [] } = value;
  if (!Array.isArray(usesEngine) || !usesEngine.every((need) => capabilities.includes(need as Capability)))
    problems.push(`usesEngine must list what it needs of ${capabilities.join(', ')}`);
  if (value.needs !== undefined && problems.length === 0) {
    const { properties = {} } = value.parameters as { readonly properties?: Readonly<Record<string, unknown>> };
    problems.push(...needProblems(value.needs, properties, inputs as Readonly<Record<string, unknown>>));
  }
  if (value.cost !== undefined) problems.push('cost must be an export of its own, export const cost = { … }');
  const { keyless = [] } = value;
  if (!Array.isArray(keyless) || !keyless.every((name) => typeof name === 'string'))
    problems.push('keyless must be a list of names of parameters');
  for (const field of ['check', 'files'])
    if (value[field] !== undefined && typeof value[field] !== 'function') problems.push(`${field} must be a function`);
  return problems;
}

function fieldProblems(value: unknown, field: string, kinds: readonly string[]): readonly string[] {
  if (!isRecord(value)) return [`${field} must be an object, { } if there are none`];
  return Object.entries(value).flatMap(([name, declaration]) => {
    if (!isRecord(declaration) || typeof declaration.description !== 'string')
      return [`${field}.${name} must have a description`];
    const { kind } = declaration;
    if (kind === undefined || kinds.includes(kind as string)) return [];
    return [`${field}.${name}.kind must be one of ${kinds.join(', ')}`];
  });
}

function isColumn(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { title, metric, minus = '', format = 'plain' } = value;
  return (
    [title, metric, minus].every((text) => typeof text === 'string') && columnFormats.some((one) => one === format)
  );
}

/** Outputs lie in the task's own folder, each in its own place. */
function pathProblems(outputs: Readonly<Record<string, unknown>>): readonly string[] {
  const problems: string[] = [];
  const places = new Map<string, string>();
  for (const [name, declaration] of Object.entries(outputs)) {
    const path = isRecord(declaration) ? declaration.path : undefined;
    if (
      typeof path !== 'string' ||
      isAbsolute(path) ||
      path.split(/[\\/]/).some((step) => step === '' || /^\.+$/.test(step))
    )
      problems.push(`outputs.${name}.path must be a file or folder name inside the task's folder`);
    else {
      const [other, first] = [...places].find(([before]) => clash(before, path) !== undefined) ?? [];
      if (other === undefined) places.set(path, name);
      else problems.push(`outputs.${name} and outputs.${first} ${clash(other, path)}`);
    }
  }
  return problems;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
