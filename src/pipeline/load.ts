import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { AxisValue, StageDefinition } from '../stage/definition.js';
import { type AxisPoint, canonical, labelAxis } from './axes.js';
import { check } from './check.js';
import type { Diagnostic } from './diagnostic.js';
import { expandStages } from './expand.js';
import { resolveExpectations } from './expectations.js';
import { type PipelineFile, PipelineSchema } from './schema.js';
import { type Path, parseSource, type Source } from './source.js';
import { checkStages } from './stages.js';
import { suggestion } from './suggest.js';
import type { Json, Pipeline } from './task.js';

export interface LoadOptions {
  /** `name=value` pairs of `--set`. */
  readonly set?: readonly string[];
  readonly profile?: string;
  /** Finds the definition behind `uses:`. */
  resolveStage(uses: string, folder: string): Promise<StageDefinition | { error: string; hint?: string }>;
  /** The file's text, where it is not on disk yet. */
  readonly text?: string;
}

export interface Loaded {
  /** Missing when there are errors. */
  readonly pipeline?: Pipeline;
  readonly diagnostics: readonly Diagnostic[];
  readonly text: string;
}

/** Collects diagnostics of one file. */
export class Reporter {
  readonly diagnostics: Diagnostic[] = [];
  constructor(readonly source: Source) {}

  error(
    code: string,
    message: string,
    at: { path: Path; key?: boolean; part?: string },
    rest: Partial<Diagnostic> = {},
  ) {
    const range = at.key
      ? this.source.keyRange(at.path)
      : at.part === undefined
        ? this.source.range(at.path)
        : this.source.partRange(at.path, at.part);
    this.diagnostics.push({ severity: 'error', code, message: sentence(message), range, ...definedOnly(rest) });
  }
}

function definedOnly(rest: Partial<Diagnostic>): Partial<Diagnostic> {
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Partial<Diagnostic>;
}

function sentence(message: string): string {
  return /[.?!]$/.test(message) ? message : `${message}.`;
}

/** Text → checked pipeline → tasks. All mistakes come back as diagnostics; nothing is thrown for a user's mistake. */
export async function loadPipeline(file: string, options: LoadOptions): Promise<Loaded> {
  const path = resolve(file);
  const text = options.text ?? (await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => error));
  if (typeof text !== 'string') {
    const why =
      text.code === 'ENOENT' ? 'there is no such file' : text.code === 'EISDIR' ? 'it is a folder' : text.message;
    const message = `${file} can't be read: ${why}.`;
    return { diagnostics: [{ severity: 'error', code: 'E_FILE', message }], text: '' };
  }
  const { source, value, diagnostics } = parseSource(file, text);
  if (diagnostics.length > 0) return { diagnostics, text };

  const reporter = new Reporter(source);
  for (const { path: at, atKey, code, message, hint } of check(PipelineSchema, value)) {
    // A missing key is reported at the map that lacks it: at its key, if it has one.
    const named = atKey || at.length === 0 ? message : `"${at.at(-1)}" ${message}`;
    reporter.error(code, named, { path: at, key: atKey && at.length > 0 }, { ...(hint === undefined ? {} : { hint }) });
  }
  if (reporter.diagnostics.length > 0) return { diagnostics: reporter.diagnostics, text };

  const content = value as PipelineFile;
  checkProfiles(content, reporter);
  const call: Diagnostic[] = [];
  const { params, axes } = applyCall(content, options, call);
  checkAxes(axes, reporter);
  const labelled: Record<string, readonly AxisPoint[]> = {};
  for (const [axis, values] of Object.entries(axes)) labelled[axis] = labelAxis(values);

  const stages = await checkStages(content, labelled, dirname(path), reporter, options.resolveStage);
  const tasks = reporter.diagnostics.length + call.length > 0 ? undefined : expandStages(stages, params, reporter);
  const expectations = tasks ? resolveExpectations(content.expect ?? [], stages, tasks, reporter) : [];
  const all = [...call, ...reporter.diagnostics];
  if (tasks === undefined || all.length > 0) return { diagnostics: all, text };
  const { name, description } = content;
  const pipeline: Pipeline = {
    name,
    ...(description === undefined ? {} : { description }),
    file: path,
    folder: dirname(path),
    params,
    axes,
    stages: Object.keys(content.stages),
    tasks,
    expectations,
  };
  return { pipeline, diagnostics: [], text };
}

type Params = { [name: string]: Json };
type Axes = { [name: string]: AxisValue[] };

/** Params and axes after the profile and `--set`. */
function applyCall(
  file: PipelineFile,
  options: LoadOptions,
  diagnostics: Diagnostic[],
): { params: Params; axes: Axes } {
  const params = { ...(file.params as Params | undefined) };
  const axes = { ...(file.axes as Axes | undefined) };
  const mistake = (code: string, message: string, hint?: string) =>
    diagnostics.push({ severity: 'error', code, message, ...(hint === undefined ? {} : { hint }) });
  if (options.profile !== undefined) {
    const profile = file.profiles?.[options.profile];
    if (profile === undefined) {
      const known = Object.keys(file.profiles ?? {});
      const hint = known.length === 0 ? 'the file declares no profiles' : suggestion(options.profile, known);
      mistake('E_UNKNOWN_PROFILE', `There is no profile "${options.profile}".`, hint);
    } else Object.assign(params, profile);
  }
  for (const pair of options.set ?? []) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, at));
    const document = parseDocument(pair.slice(at + 1));
    if (at < 1 || document.errors.length > 0) {
      mistake(
        'E_SET',
        `--set ${pair} can't be read.`,
        "write --set name=value, such as --set epochs=2 or --set 'noise=[0, 0.3]'",
      );
      continue;
    }
    const value = document.toJS() as Json;
    if (Object.hasOwn(params, name)) params[name] = value;
    else if (Object.hasOwn(axes, name)) {
      const violations = Array.isArray(value)
        ? check(PipelineSchema.properties.axes, { [name]: value })
        : [{ message: 'must be a list' }];
      if (violations.length > 0) mistake('E_SET', `--set ${name}: the values of an axis ${violations[0]!.message}.`);
      else axes[name] = value as AxisValue[];
    } else
      mistake(
        'E_SET',
        `--set ${name}: there is no param or axis "${name}".`,
        suggestion(name, [...Object.keys(params), ...Object.keys(axes)]),
      );
  }
  return { params, axes };
}

/** A profile may only set what the file declares, or a misspelt name would do nothing. */
function checkProfiles({ profiles = {}, params = {} }: PipelineFile, reporter: Reporter): void {
  for (const [profile, values] of Object.entries(profiles))
    for (const name of Object.keys(values))
      if (!Object.hasOwn(params, name)) {
        const at = { path: ['profiles', profile, name], key: true };
        const hint = suggestion(name, Object.keys(params));
        reporter.error(
          'E_UNKNOWN_PARAM',
          `the profile sets "${name}", which is not in params`,
          at,
          hint === undefined ? {} : { hint },
        );
      }
}

const reserved = ['params', 'inputs', 'outputs'];

function checkAxes(axes: Axes, reporter: Reporter): void {
  for (const [axis, values] of Object.entries(axes)) {
    if (reserved.includes(axis))
      reporter.error('E_AXIS', `an axis can't be called "${axis}": expressions mean something else by it`, {
        path: ['axes', axis],
        key: true,
      });
    const seen = new Map<string, number>();
    for (const [i, value] of values.entries()) {
      const first = seen.get(canonical(value));
      if (first === undefined) seen.set(canonical(value), i);
      else
        reporter.error(
          'E_DUPLICATE',
          'this value is on the axis twice',
          { path: ['axes', axis, i] },
          {
            related: [{ message: 'first here', range: reporter.source.range(['axes', axis, first]) }],
          },
        );
    }
  }
}
