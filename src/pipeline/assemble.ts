import { dirname } from 'node:path';
import type { StageDefinition } from '../stage/definition.js';
import { type AxisPoint, labelAxis } from './check/axes.js';
import { applyCall } from './check/call.js';
import { checkAxes, checkCapitals, checkFormat, checkParts, checkProfiles } from './check/contents.js';
import type { PipelineFile } from './check/schema.js';
import { checkStages } from './check/stages.js';
import { unusedNames } from './check/unused.js';
import { declares, type FileTree, namesOfParts, separator, shareSettings } from './compose/include.js';
import { expandStages } from './expand/expand.js';
import { resolveExpectations } from './expand/expectations.js';
import { withFacts } from './expand/facts.js';
import { type PartContent, underName } from './expand/parts.js';
import type { Pipeline } from './expand/task.js';
import type { Diagnostic } from './text/diagnostic.js';
import type { ParsedFiles } from './text/places.js';
import { Reporter } from './text/reporter.js';

interface Checked {
  /** Missing when there are errors. */
  readonly pipeline?: Pipeline;
  /** Mistakes of the call. They have no place in a file. */
  readonly call: readonly Diagnostic[];
  readonly diagnostics: readonly Diagnostic[];
}

type Options = Pick<LoadOptions, 'set' | 'profile' | 'resolveStage' | 'parsed'>;

/** Checks what a file and those that it includes say, and expands them into tasks. */
export async function checkPipeline(tree: FileTree, options: Options): Promise<Checked> {
  const { checked } = await checkTree(tree, dirname(tree.file), options);
  if (checked.pipeline === undefined) return checked;
  const { value, places } = tree.content;
  return { ...checked, diagnostics: options.parsed === undefined ? unusedNames(value as PipelineFile, places) : [] };
}

interface CheckedTree {
  readonly checked: Checked;
  readonly content?: PartContent;
}

async function checkTree(tree: FileTree, folder: string, options: Options): Promise<CheckedTree> {
  const reporter = new Reporter(tree.content.places);
  const content = checkFormat(tree.content.value, reporter);
  if (content === undefined) return { checked: { call: [], diagnostics: reporter.diagnostics } };

  checkProfiles(content, reporter);
  checkCapitals(content, tree, reporter);
  checkParts(content, tree, options.profile, reporter);
  const parts = await checkAllParts(tree, folder, options);
  const profile = ownProfile(tree, options.profile);
  const settings = await applyCall(
    content,
    { set: parts.ownSet, ...(profile === undefined ? {} : { profile }) },
    { profiles: namesOfParts(tree, ['profiles']), settings: namesOfParts(tree, ['params', 'axes']) },
  );
  const call = [...settings.diagnostics, ...parts.call];
  const { params, axes, repeat, places } = settings;
  const labelled: Record<string, readonly AxisPoint[]> = {};
  if (checkAxes(settings, reporter))
    for (const [axis, values] of Object.entries(axes)) labelled[axis] = labelAxis(values);
  else return { checked: { call, diagnostics: [...reporter.diagnostics, ...parts.diagnostics] } };

  const { stages: others, tasks: before, expectations: theirs } = parts.content;
  const included = { stages: new Map(others.map((stage) => [stage.name, stage])), unknown: parts.unknown };
  const changed = new Set(Object.keys(axes).filter((axis) => !places.has(axis)));
  const stages = await checkStages(
    content,
    { axes: labelled, changed },
    folder,
    reporter,
    options.resolveStage,
    included,
  );
  const tasks = expandStages(stages, { params, axes: labelled, repeat, places, folder }, reporter, before);
  const all = { stages: [...others, ...stages], unknown: parts.unknown };
  const expectations = tasks ? resolveExpectations(content.expect ?? [], { ...all, tasks, params }, reporter) : [];
  const diagnostics = [...reporter.diagnostics, ...parts.diagnostics];
  if (tasks === undefined || call.length + diagnostics.length > 0) return { checked: { call, diagnostics } };
  const { name, description, cache, slurm } = content;
  const facts = {
    ...{ name, expectations: [...theirs, ...expectations] },
    ...(description === undefined ? {} : { description }),
  };
  const pipeline: Pipeline = {
    ...facts,
    file: tree.file,
    folder,
    params: { ...parts.params, ...params },
    axes: { ...axes, ...parts.axes },
    stages: [...others.map((stage) => stage.name), ...Object.keys(content.stages)],
    tasks: withFacts(tasks, facts),
    ...(cache === undefined ? {} : { cache }),
    ...(slurm === undefined ? {} : { slurm }),
  };
  return {
    checked: { pipeline, call, diagnostics },
    content: { stages: all.stages, tasks: pipeline.tasks, expectations: pipeline.expectations },
  };
}

/** The profile of the call, if the file itself has to know it. */
function ownProfile(tree: FileTree, profile: string | undefined): string | undefined {
  if (profile === undefined) return undefined;
  const own = declares({ ...tree, parts: new Map() }, ['profiles'], profile);
  return own || !declares(tree, ['profiles'], profile) ? profile : undefined;
}

interface Parts {
  readonly content: PartContent;
  /** Under the parts' names. */
  readonly params: Pipeline['params'];
  readonly axes: Pipeline['axes'];
  readonly call: readonly Diagnostic[];
  readonly diagnostics: readonly Diagnostic[];
  /** The pairs of `--set` that are left for the file itself. */
  readonly ownSet: readonly string[];
  unknown(stage: string): boolean;
}

async function checkAllParts(tree: FileTree, folder: string, options: Options): Promise<Parts> {
  const { own, of } = shareSettings(tree, options.set ?? []);
  const [call, diagnostics]: Diagnostic[][] = [[], []];
  const contents: PartContent[] = [];
  const failed: string[] = [];
  const [params, axes]: [Record<string, Pipeline['params'][string]>, Record<string, Pipeline['axes'][string]>] = [
    {},
    {},
  ];
  for (const [name, part] of tree.parts) {
    const { profile, resolveStage } = options;
    const known = profile !== undefined && declares(part, ['profiles'], profile);
    const { checked, content } = await checkTree(part, folder, {
      resolveStage,
      set: of(name),
      ...(known ? { profile } : {}),
    });
    call!.push(...checked.call);
    diagnostics!.push(...checked.diagnostics);
    if (content === undefined || checked.pipeline === undefined) failed.push(name);
    else contents.push(underName(name, content));
    for (const [param, value] of Object.entries(checked.pipeline?.params ?? {}))
      params[`${name}${separator}${param}`] = value;
    for (const [axis, values] of Object.entries(checked.pipeline?.axes ?? {}))
      axes[`${name}${separator}${axis}`] = values;
  }
  return {
    content: {
      stages: contents.flatMap(({ stages }) => stages),
      tasks: contents.flatMap(({ tasks }) => tasks),
      expectations: contents.flatMap(({ expectations }) => expectations),
    },
    params,
    axes,
    call: call!,
    diagnostics: diagnostics!,
    ownSet: own,
    unknown: (stage) => failed.some((name) => stage.startsWith(`${name}${separator}`)),
  };
}

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
