import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { StageDefinition } from '../stage/definition.js';
import { type AxisPoint, duplicateOf, labelAxis } from './axes.js';
import { type Axes, applyCall } from './call.js';
import { check, type Violation } from './check.js';
import type { Diagnostic } from './diagnostic.js';
import { expandStages } from './expand.js';
import { resolveExpectations } from './expectations.js';
import { type FileContent, readExtended } from './extend.js';
import type { TextOf } from './format.js';
import { KnownPlaces, type ParsedFiles, type Places, parsedFile } from './places.js';
import { hinted, Reporter } from './reporter.js';
import { type PipelineFile, PipelineSchema } from './schema.js';
import { checkStages } from './stages.js';
import { suggestion } from './suggest.js';
import type { Pipeline } from './task.js';
import { reportUnused } from './unused.js';
import { placeName } from './words.js';

export interface LoadOptions {
  /** `name=value` pairs of `--set`. */
  readonly set?: readonly string[];
  readonly profile?: string;
  /** Finds the definition behind `uses:`. */
  resolveStage(uses: string, folder: string): Promise<StageDefinition | { error: string; hint?: string }>;
  /** The file's text, where it is not on disk yet. */
  readonly text?: string;
  /** Spares the parser what it has read before. */
  readonly parsed?: ParsedFiles;
}

export interface Loaded {
  /** Missing when there are errors. */
  readonly pipeline?: Pipeline;
  /**
   * Mistakes of the call, then those of the files from top to bottom; warnings where there are no errors, whose places
   * are known only if the file was parsed for this.
   */
  readonly diagnostics: readonly Diagnostic[];
  /** The text of a file that diagnostics speak of. */
  readonly textOf: TextOf;
}

/** Text → checked pipeline → tasks. All mistakes come back as diagnostics; nothing is thrown for a user's mistake. */
export async function loadPipeline(file: string, options: LoadOptions): Promise<Loaded> {
  const texts = new Map<string, string>();
  const textOf: TextOf = (name) => texts.get(name);
  const path = resolve(file);
  const text = options.text ?? (await readText(path));
  if (typeof text !== 'string') {
    const message = `${file} can't be read: ${text.why}.`;
    return { diagnostics: [{ severity: 'error', code: 'E_FILE', message }], textOf };
  }
  const { parsed } = options;
  const load = async (known: ParsedFiles | undefined) => {
    const fresh: (() => void)[] = [];
    const content = await readExtended(path, file, async (at, shown) => {
      const found = at === path ? text : await readText(at);
      if (typeof found !== 'string') return found.why;
      texts.set(shown, found);
      return readContent(shown, found, known, parsed, fresh);
    });
    if (content.diagnostics.length > 0) return { diagnostics: inOrder(content.diagnostics) };
    const loaded = await checkPipeline(path, content.value, content.places, options);
    if (loaded.pipeline !== undefined) for (const keep of fresh) keep();
    return loaded;
  };
  const first = await load(parsed);
  // Mistakes are shown at their places, which only the parser knows.
  const loaded = first.pipeline === undefined && parsed !== undefined ? await load(undefined) : first;
  return { ...loaded, textOf };
}

/** What one file says: as it was when it was parsed before, or parsed now. */
async function readContent(
  shown: string,
  text: string,
  known: ParsedFiles | undefined,
  parsed: ParsedFiles | undefined,
  fresh: (() => void)[],
): Promise<FileContent> {
  const before = known?.get(text);
  if (before !== undefined) return { value: before.value, places: new KnownPlaces(shown, before), diagnostics: [] };
  const { parseSource } = await import('./parse.js');
  const { source, value, diagnostics } = parseSource(shown, text);
  if (parsed !== undefined && diagnostics.length === 0 && value !== null && typeof value === 'object') {
    // Checks fill in defaults, and take out what is wrong.
    const keep = parsedFile(structuredClone(value), source);
    fresh.push(() => parsed.set(text, keep));
  }
  return { value, places: source, diagnostics };
}

/** The text of a pipeline file, or why it can't be read. */
export async function readText(path: string): Promise<string | { readonly why: string }> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { why: code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message };
  }
}

/** Checks what a file says, and expands it into tasks. */
async function checkPipeline(
  path: string,
  value: unknown,
  places: Places,
  options: LoadOptions,
): Promise<Omit<Loaded, 'textOf'>> {
  const reporter = new Reporter(places);
  const content = checkFormat(value, reporter);
  if (content === undefined) return { diagnostics: inOrder(reporter.diagnostics) };

  checkProfiles(content, reporter);
  const { params, axes, places: said, diagnostics: call } = await applyCall(content, options);
  const labelled: Record<string, readonly AxisPoint[]> = {};
  if (checkAxes(axes, reporter)) for (const [axis, values] of Object.entries(axes)) labelled[axis] = labelAxis(values);
  else return { diagnostics: [...call, ...inOrder(reporter.diagnostics)] };

  const stages = await checkStages(content, labelled, dirname(path), reporter, options.resolveStage);
  const tasks = expandStages(stages, { params, axes: labelled, places: said }, reporter);
  const expectations = tasks ? resolveExpectations(content.expect ?? [], stages, tasks, reporter) : [];
  const all = [...call, ...inOrder(reporter.diagnostics)];
  if (tasks === undefined || all.length > 0) return { diagnostics: all };
  reportUnused(content, reporter);
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
  return { pipeline, diagnostics: inOrder(reporter.diagnostics) };
}

/** File by file, each from top to bottom. */
function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const files = [...new Set(diagnostics.map(({ range }) => range?.file))];
  const place = ({ range }: Diagnostic) => [files.indexOf(range?.file), range?.start ?? 0] as const;
  return [...diagnostics].sort((a, b) => {
    const [[fileA, startA], [fileB, startB]] = [place(a), place(b)];
    return fileA - fileB || startA - startB;
  });
}

const shape = 'a pipeline is a map with `name:` and `stages:`';

/**
 * Checks the file against its schema. What is wrong inside a stage or an expectation is taken out, so that the rest
 * can be checked; what is wrong elsewhere would make consequences everywhere: then the result is undefined.
 */
function checkFormat(value: unknown, reporter: Reporter): PipelineFile | undefined {
  const violations = check(PipelineSchema, value);
  for (const { path, atKey, code, message, hint } of violations) {
    const named = placeName(path.slice(typeof path.at(-1) === 'number' ? -2 : -1));
    const subject = path.length === 0 ? 'The file' : named;
    reporter.error(
      code,
      atKey ? message : `${subject} ${message}`,
      { path, key: atKey && typeof path.at(-1) === 'string' },
      hinted(path.length === 0 && !atKey ? shape : hint),
    );
  }
  let sound = true;
  for (const violation of violations) sound = takeOut(value, violation) && sound;
  return sound ? (value as PipelineFile) : undefined;
}

/** Removes the section of a stage, the stage, or the expectation that is wrong. Is the rest of use? */
function takeOut(file: unknown, { path }: Violation): boolean {
  const [top, name, section] = path;
  if (top === 'expect' && typeof name === 'number') delete (file as { expect: unknown[] }).expect[name];
  else if (top === 'stages' && name !== undefined) {
    const { stages } = file as { stages: Record<string, Record<string, unknown>> };
    const stage = stages[name];
    if (section === undefined || stage === undefined) stages[name] = {};
    else delete stage[section];
  } else return top === 'name' || top === 'description';
  return true;
}

/** A profile may only set what the file declares, or a misspelt name would do nothing. */
function checkProfiles({ profiles = {}, params = {} }: PipelineFile, reporter: Reporter): void {
  for (const [profile, values] of Object.entries(profiles))
    for (const name of Object.keys(values))
      if (!Object.hasOwn(params, name)) {
        const hint = suggestion(name, Object.keys(params)) ?? 'declare it under params:';
        const at = { path: ['profiles', profile, name], key: true };
        reporter.error('E_UNKNOWN_PARAM', `The profile sets "${name}", which is not in params`, at, { hint });
      }
}

const reserved = ['params', 'inputs', 'outputs'];

/** Are the axes fit to be used? */
function checkAxes(axes: Axes, reporter: Reporter): boolean {
  const before = reporter.diagnostics.length;
  for (const [axis, values] of Object.entries(axes)) {
    if (reserved.includes(axis)) {
      const at = { path: ['axes', axis], key: true };
      reporter.error('E_AXIS', `An axis can't be called "${axis}": expressions mean something else by it`, at);
    }
    const [first, second] = duplicateOf(values) ?? [];
    if (first === undefined || second === undefined) continue;
    const related = [{ message: 'first here', range: reporter.source.range(['axes', axis, first]) }];
    const at = { path: ['axes', axis, second] };
    reporter.error('E_DUPLICATE', 'This value is on the axis twice', at, { related, hint: 'remove one of them' });
  }
  return reporter.diagnostics.length === before;
}
