import { statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { Diagnostic } from '../pipeline/diagnostic.js';
import type { CommandPart, Pipeline, Task } from '../pipeline/task.js';

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
  const seen = new Map<string, boolean>();
  const exists = (path: string): boolean => {
    const known = seen.get(path) ?? isThere(path);
    seen.set(path, known);
    return known;
  };
  const stages = new Set<string>();
  for (const task of tasks) {
    if (task.action.kind === 'stage' || stages.has(task.stage)) continue;
    stages.add(task.stage);
    const { folder } = task;
    const declared = Object.values(task.inputs).flatMap((input) =>
      input.kind === 'file' ? [resolve(pipeline.folder, input.path)] : [],
    );
    const isDeclared = (path: string) => declared.some((input) => path === input || path.startsWith(input + sep));
    for (const word of new Set(wordsOf(task.action))) {
      const path = resolve(folder, word);
      // What lies elsewhere belongs to the system.
      if (!path.startsWith(pipeline.folder + sep) && !path.startsWith(folder + sep)) continue;
      if (isDeclared(path) || !exists(path)) continue;
      const name = inputName(word);
      warnings.push({
        severity: 'warning',
        code: 'W_UNDECLARED',
        message: `"${task.stage}" names ${word}, which is no input of it: a change to that will not be noticed.`,
        range: task.range,
        hint: `declare it: inputs: { ${name}: { file: ${word} } }, and write '\${{ inputs.${name} }}' in its place`,
      });
    }
  }
  return warnings;
}

/** Words of a command that may name files. */
function wordsOf(action: Exclude<Task['action'], { kind: 'stage' }>): string[] {
  const words =
    action.kind === 'command'
      ? // A program without a slash is found by the PATH.
        action.command.map(text).filter((word, index) => index > 0 || word.includes('/'))
      : scriptWords(text(action.script));
  return words.flatMap((word) => {
    const name = assigned.exec(word)?.[1] ?? word;
    return name.includes(unknown) || /^(-|\.{0,2}\/*$)/.test(name) ? [] : [name];
  });
}

/**
 * Of each command of a script all words but a program's name and what it writes to; comments are left out, and quotes
 * taken off.
 */
function scriptWords(script: string): string[] {
  const read = script.replaceAll(/(^|\s)#.*$/gm, '').replaceAll(/>[>&|]*\s*[^\s;|&()]*/g, ' ');
  const commands = read.split(/[\n;|&(){}`]+/);
  return commands.flatMap((command) => {
    const words = command.split(/[\s<>]+/).flatMap((word) => (word === '' ? [] : [word.replaceAll(/["']/g, '')]));
    return words.filter((word, index) => index > 0 || word.includes('/'));
  });
}

function text(parts: readonly CommandPart[]): string {
  return parts.map((part) => ('text' in part ? part.text : 'value' in part ? part.value : unknown)).join('');
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Too long for a name, for example.
    return false;
  }
}

/** `scripts/count.sh` → `count`. */
function inputName(word: string): string {
  const last = join(word, '.').split(sep).at(-1) ?? '';
  return (
    last
      .replace(/\.[^.]*$/, '')
      .replaceAll(/[^A-Za-z0-9_-]/g, '-')
      .replace(/^[^A-Za-z]+/, '') || 'file'
  );
}
