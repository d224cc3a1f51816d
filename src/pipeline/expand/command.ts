import type { Path } from '../../values.js';
import type { CheckedStage } from '../check/checked.js';
import {
  type Expression,
  type ExpressionProblem,
  isText,
  notText,
  parseTemplate,
  resolve,
  type Scope,
  type Template,
} from '../check/expressions.js';
import { readScript, type Shell, type Slot, scriptTexts } from '../check/shell.js';
import type { CommandPart, TaskAction } from './task.js';

type Report = (problem: ExpressionProblem, path: Path) => void;

/** The names that a command has for what it reads and writes, also where there is something wrong with a path. */
export function fileNames(stage: CheckedStage): Scope {
  const themselves = (names: object) => {
    const own: Record<string, string> = {};
    for (const name of Object.keys(names)) own[name] = name;
    return own;
  };
  return {
    inputs: themselves(stage.file.inputs ?? {}),
    outputs: themselves({ ...stage.file.outputs, ...stage.outputs }),
  };
}

/**
 * `run:` with the expressions that are known now; inputs and outputs get their paths when the task runs.
 *
 * @param names all that expressions can use, with those of its files
 */
export function commandAction(stage: CheckedStage, names: Scope, report: Report): TaskAction {
  const { run } = stage.file;
  const path: Path = [...stage.path, 'run'];
  if (!Array.isArray(run)) {
    const { shell = 'sh' } = stage.file;
    return { kind: 'shell', shell, script: shellParts(String(run ?? ''), shell, stage, names, path, report) };
  }
  const command = run.map((word, i) => wordParts(String(word), stage, names, [...path, i], report));
  return { kind: 'command', command };
}

/** Parts of a word of a command. A list of files becomes several words, so it must stand alone. */
function wordParts(text: string, stage: CheckedStage, names: Scope, path: Path, report: Report): CommandPart[] {
  const template = parseTemplate(text);
  return template.map((part) => {
    if ('text' in part) return part;
    const { raw, path: dotted } = part.expression;
    const target = dotted[0] === 'inputs' ? stage.inputs.get(dotted[1] ?? '') : undefined;
    if (target?.kind === 'output' && target.list && template.length > 1)
      report(
        {
          raw,
          code: 'E_EXPRESSION',
          message: `${dotted.join('.')} is a list of files, which must be a word of its own`,
          hint: `write '${raw}' as an item of the list: each file becomes a word`,
        },
        path,
      );
    return commandPart(part.expression, names, path, report);
  });
}

/** Parts of a script. Each value must stand where the shell can be given it as it is. */
function shellParts(script: string, shell: Shell, stage: CheckedStage, names: Scope, path: Path, report: Report) {
  const template = parseTemplate(script);
  const [only] = template;
  if (template.length === 1 && 'text' in only!) return [only];
  const slots = slotsOf(script, template, shell);
  let index = 0;
  return template.map((part) => {
    if ('text' in part) return part;
    const { raw } = part.expression;
    const problem = (message: string, hint: string) => report({ raw, code: 'E_EXPRESSION', message, hint }, path);
    const slot = slots[index++]!;
    const found = commandPart(part.expression, names, path, report);
    const target = 'input' in found ? stage.inputs.get(found.input) : undefined;
    const dotted = part.expression.path.join('.');
    if (slot.kind === 'refused') problem(`${raw} stands ${slot.where}`, slot.hint);
    else if (slot.kind === 'quoted' && target?.kind === 'output' && target.list)
      problem(`${dotted} is a list of files, and quotes make one word of it`, 'remove the quotes around it');
    else if (slot.kind === 'number' && !('text' in found) && !('value' in found && isWholeNumber(found.value)))
      problem(
        `${dotted} is not a whole number, and the shell computes with it here`,
        'compute with whole numbers only',
      );
    return found;
  });
}

const isWholeNumber = (value: string) => /^-?(0|[1-9][0-9]*)$/.test(value);

let lastScript: readonly unknown[] = [];
let lastSlots: readonly Slot[] = [];

/** The same script comes many times in a row: once for each point of a stage's axes. */
function slotsOf(script: string, template: Template, shell: Shell): readonly Slot[] {
  if (lastScript[0] !== script || lastScript[1] !== shell) {
    lastSlots = readScript(scriptTexts(template), shell).slots;
    lastScript = [script, shell];
  }
  return lastSlots;
}

function commandPart(expression: Expression, names: Scope, path: Path, report: Report): CommandPart {
  const result = resolve(expression, names);
  if (!('value' in result)) {
    report(result, path);
    return { text: '' };
  }
  const [kind, name] = expression.path;
  if (kind === 'inputs' && name !== undefined) return { input: name };
  if (kind === 'outputs' && name !== undefined) return { output: name };
  if (isText(result.value)) return { value: String(result.value) };
  report(notText(expression, result.value, 'a command'), path);
  return { text: '' };
}
