import {
  type Expression,
  type ExpressionProblem,
  isText,
  notText,
  parseTemplate,
  resolve,
  type Scope,
} from './expressions.js';
import type { Path } from './places.js';
import type { CheckedStage } from './stages.js';
import type { CommandPart, TaskAction } from './task.js';

type Report = (problem: ExpressionProblem, path: Path) => void;

/** The names that a command has for what it reads and writes. */
export function fileNames(stage: CheckedStage): Scope {
  const themselves = (names: object) => Object.fromEntries(Object.keys(names).map((name) => [name, name]));
  return { inputs: themselves(stage.file.inputs ?? {}), outputs: themselves(stage.outputs) };
}

/**
 * `run:` with the expressions that are known now; inputs and outputs get their paths when the task runs.
 *
 * @param names all that expressions can use, with those of its files
 */
export function commandAction(stage: CheckedStage, names: Scope, report: Report): TaskAction {
  const { run } = stage.file;
  const path: Path = [...stage.path, 'run'];
  if (!Array.isArray(run)) return { kind: 'shell', script: shellParts(String(run ?? ''), names, path, report) };
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

function shellParts(script: string, names: Scope, path: Path, report: Report): CommandPart[] {
  let before = '';
  return parseTemplate(script).map((part) => {
    if ('text' in part) {
      before += part.text;
      return part;
    }
    const { raw } = part.expression;
    // Inside the user's own quotes, ours would end them, and the shell would read the value as code.
    if (insideQuotes(before))
      report(
        {
          raw,
          code: 'E_EXPRESSION',
          message: `${raw} stands inside quotes`,
          hint: 'remove the quotes around it: every expression is quoted for the shell',
        },
        path,
      );
    return commandPart(part.expression, names, path, report);
  });
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
  if (!isText(result.value)) report(notText(expression, result.value, 'a command'), path);
  return { value: String(result.value) };
}

/** Has a shell that read this text an open quote? */
function insideQuotes(script: string): boolean {
  let quote = '';
  for (let i = 0; i < script.length; i++) {
    const character = script[i]!;
    if (character === '\\' && quote !== "'") i++;
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = '';
  }
  return quote !== '';
}
