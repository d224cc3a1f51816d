import { readdirSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { plainTextsIn } from '../../stage/file-path.js';
import { isUserStage } from '../../stage/registry.js';
import type { Diagnostic } from '../text/diagnostic.js';
import { shownOf } from '../text/format.js';
import { listWords, scriptWords } from './script-words.js';
import type { CommandPart, Pipeline, Task } from './task.js';

/** Where a word may begin that names a file: at its own beginning, or behind `--config=`, `KEY=`. */
const assigned = /^(?:-{0,2}[A-Za-z_][\w-]*=)(.+)$/;
/** Marks a value that is known only when the task runs, such as the path of an input. */
const unknown = '\0';

/**
 * Warnings of files that commands name and don't declare: a change to one would not be noticed. One for each stage and
 * file, whatever the number of its tasks. Programs that are found by the PATH, options and system files are none.
 */
export function undeclaredFiles(pipeline: Pick<Pipeline, 'folder'>, tasks: readonly Task[]): readonly Diagnostic[] {
  const warnings: Diagnostic[] = [];
  const files = new Files();
  const stages = new Map<string, Task>();
  for (const task of tasks) if (!stages.has(task.stage)) stages.set(task.stage, task);
  const silent = scriptsWithoutFiles([...stages.values()], files);
  for (const task of stages.values()) {
    if (silent.has(task)) continue;
    if (task.action.kind === 'stage') warnings.push(...undeclaredTexts(task, task.action, pipeline.folder, files));
    else warnings.push(...undeclaredWords(task, wordsOf(task.action), pipeline.folder, files));
  }
  return warnings;
}

/** The same in few words: all that are alike are counted rather than shown. */
export function undeclaredWarnings(
  pipeline: Pick<Pipeline, 'folder'>,
  tasks: readonly Task[],
): readonly Pick<Diagnostic, 'message' | 'hint'>[] {
  const { shown, more } = shownOf(undeclaredFiles(pipeline, tasks));
  return [...shown, ...(more === undefined ? [] : [{ message: more }])];
}

/** So many scripts are looked at in one. */
const together = 64;

/** Tasks whose scripts surely name no file: of ten thousand hardly any does, which is sooner found out of many at a time. */
function scriptsWithoutFiles(tasks: readonly Task[], files: Files): ReadonlySet<Task> {
  const byFolder = new Map<string, { task: Task; script: string }[]>();
  for (const task of tasks) {
    if (task.action.kind !== 'shell') continue;
    const script = { task, script: text(task.action.script) };
    const others = byFolder.get(task.folder);
    if (others) others.push(script);
    else byFolder.set(task.folder, [script]);
  }
  const found = new Set<Task>();
  for (const [folder, scripts] of byFolder) {
    if (scripts.length <= singly) continue;
    for (let i = 0; i < scripts.length; i += together) {
      const some = scripts.slice(i, i + together);
      const all = files.mayHaveAny(folder, some.map(({ script }) => script).join('\n'));
      for (const { task, script } of some) if (!all || !files.mayHaveAny(folder, script)) found.add(task);
    }
  }
  return found;
}

/** Of a command, words that name files. */
function undeclaredWords(
  { stage, folder, inputs, range }: Task,
  all: readonly string[],
  pipelineFolder: string,
  files: Files,
): Diagnostic[] {
  const words = all.filter((word) => files.mayHave(folder, word));
  if (words.length === 0) return [];
  const declared = Object.values(inputs).flatMap((input) =>
    input.kind === 'file' ? [resolve(pipelineFolder, input.path)] : [],
  );
  const isDeclared = (path: string) => declared.some((input) => path === input || path.startsWith(input + sep));
  const taken = new Set(Object.keys(inputs));
  return [...new Set(words)].flatMap((word): Diagnostic[] => {
    const path = resolve(folder, word);
    if (!isWithin(path, [pipelineFolder, folder]) || isDeclared(path) || !files.has(path)) return [];
    const name = inputName(word, taken);
    return [
      {
        severity: 'warning',
        code: 'W_UNDECLARED',
        message: `"${stage}" names ${written(word)}, which is not one of its inputs: a change to it will not be noticed.`,
        range,
        hint: `declare it: inputs: { ${name}: { file: ${written(word)} } }, and write '\${{ inputs.${name} }}' in its place`,
      },
    ];
  });
}

/** In quotes where a reader, or YAML, would take it for something else. */
const written = (word: string): string => (/^[\w./@+-]+$/.test(word) ? word : JSON.stringify(word));

/** What lies elsewhere belongs to the system. */
const isWithin = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path.startsWith(folder + sep));

/** Of a stage of the user's, parameters that are plain texts and name files. What its `files` tells of is its own. */
function undeclaredTexts(
  { stage, folder, parameters, range }: Task,
  { uses, definition }: Extract<Task['action'], { kind: 'stage' }>,
  pipelineFolder: string,
  files: Files,
): Diagnostic[] {
  if (!isUserStage(uses) || definition.files !== undefined) return [];
  return plainTextsIn(definition.parameters, parameters).flatMap((place): Diagnostic[] => {
    const word = place.reduce<unknown>((inner, step) => (inner as Record<string, unknown>)[step], parameters) as string;
    if (word === '' || !files.mayHave(folder, word)) return [];
    const path = resolve(folder, word);
    if (!isWithin(path, [pipelineFolder, folder]) || !files.has(path)) return [];
    const name = place.join('.');
    return [
      {
        severity: 'warning',
        code: 'W_UNDECLARED',
        message: `"${stage}" names ${word} in its parameter ${name}, which is any text: a change to that file will not be noticed.`,
        range,
        hint: `declare it in ${uses}: ${place.at(0)}: filePath() in the place of Type.String(), imported from spikeline`,
      },
    ];
  });
}

/** Words of a command that may name files. */
function wordsOf(action: Exclude<Task['action'], { kind: 'stage' }>): string[] {
  const words = action.kind === 'command' ? listWords(action.command.map(text)) : scriptWords(text(action.script));
  return words.flatMap((word) => {
    const value = word.includes('=') ? assigned.exec(word)?.[1] : undefined;
    // PYTHONPATH=lib:conf
    const names = value?.includes(':') ? [value, ...value.split(':')] : [value ?? word];
    return names.filter((name) => !name.includes(unknown) && !/^(-|\.{0,2}\/*$)/.test(name));
  });
}

function text(parts: readonly CommandPart[]): string {
  return parts.map((part) => ('text' in part ? part.text : 'value' in part ? part.value : unknown)).join('');
}

/** So many words of a folder are looked for one by one. A folder may have more files than commands have words. */
const singly = 50;
/** So many names are looked for in a script before it is taken to words. */
const fewNames = 100;

/** Which files there are, asked for no more often than needed: of ten thousand stages, few words name any. */
class Files {
  readonly #seen = new Map<string, boolean>();
  /** By folder: how many words were asked for. */
  readonly #asked = new Map<string, number>();
  /** By folder: what it has, once many words or scripts were asked for. */
  readonly #names = new Map<string, ReadonlySet<string> | undefined>();

  has(path: string): boolean {
    const known = this.#seen.get(path) ?? isThere(path);
    this.#seen.set(path, known);
    return known;
  }

  /** False if no word of a script names anything that lies in a folder: sooner found out than what its words are. */
  mayHaveAny(folder: string, script: string): boolean {
    const names = this.#namesIn(folder);
    if (names === undefined || names.size > fewNames || /(?<![\w-])[./]|\.\.|[\\:"']/.test(script)) return true;
    const folded = foldedName(script);
    for (const name of names) if (folded.includes(name)) return true;
    return false;
  }

  /** False if a word surely names nothing that lies in a folder. */
  mayHave(folder: string, word: string): boolean {
    if (/^[./]|\.\.|[\\:]/.test(word)) return true;
    const asked = (this.#asked.get(folder) ?? 0) + 1;
    this.#asked.set(folder, asked);
    const names = asked < singly ? this.#names.get(folder) : this.#namesIn(folder);
    if (names === undefined) return true;
    const slash = word.indexOf('/');
    return names.has(foldedName(slash < 0 ? word : word.slice(0, slash)));
  }

  #namesIn(folder: string): ReadonlySet<string> | undefined {
    if (!this.#names.has(folder)) this.#names.set(folder, namesIn(folder));
    return this.#names.get(folder);
  }
}

/** Undefined if the folder can't be listed. */
function namesIn(folder: string): ReadonlySet<string> | undefined {
  try {
    return new Set(readdirSync(folder).map(foldedName));
  } catch {
    return undefined;
  }
}

/** The same for all names that some file system takes for one. */
function foldedName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Too long for a name, for example.
    return false;
  }
}

/**
 * `scripts/count.sh` → `count`, or `scripts-count` where there is another input of that name already.
 * @param taken names of the stage's inputs, to which this one is added
 */
function inputName(word: string, taken: Set<string>): string {
  const parts = join(word, '.').split(sep);
  const names = parts.map((_, i) =>
    parts
      .slice(-1 - i)
      .join('-')
      .replace(/\.[^.]*$/, '')
      .replaceAll(/[^A-Za-z0-9_-]/g, '-')
      .replace(/^[^A-Za-z]+/, ''),
  );
  const numbered = Array.from({ length: taken.size + 1 }, (_, i) => `${names[0] || 'file'}-${i + 2}`);
  const name = [names[0] || 'file', ...names.slice(1), ...numbered].find((one) => one !== '' && !taken.has(one))!;
  taken.add(name);
  return name;
}
