import { type Document, parseDocument } from 'yaml';
import type { Diagnostic } from './diagnostic.js';
import { type ReadingRules, readValue } from './read-value.js';
import { sections } from './reporter.js';
import { clampRange, Source } from './source.js';
import { syntaxErrors } from './syntax.js';
import { yamlOptions } from './yaml-options.js';

/** A parser that follows brackets or dashes by recursion must not be led too deep. */
const maximumDepth = 200;
const maximumLength = 16 * 2 ** 20;

/** A plain file: nothing in it is a command. */
export const plainRules: ReadingRules = { verbatim: () => false, evaluated: () => true, ignored: () => false };

/** Commands keep their words as they are written; places for anchors say nothing themselves. */
export const pipelineRules: ReadingRules = {
  verbatim: ({ length, 0: top, 2: section }) => top === 'stages' && section === 'run' && length === 4,
  // What a stage doesn't have is no place for anything: that is told of its key.
  evaluated: ([top, , section]) =>
    top === 'stages' && section !== undefined && (section === 'run' || section === 'with' || !sections.has(section)),
  ignored: (path) => path.length === 1 && String(path[0]).startsWith('x-'),
};

/** What a text says. */
export interface Parsed {
  readonly source: Source;
  /** Missing if the text is no YAML; else there may be mistakes that leave the rest readable. */
  readonly value?: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a file. All its mistakes come at once. */
export function parseSource(file: string, text: string, rules: ReadingRules): Parsed {
  const harmful = refuseHarmful(file, text);
  if (harmful !== undefined) return refused(file, text, harmful);
  // The parser calls itself, and there are more ways to nest than a plain scan knows: `? ? ?`, `{ a: a: a: }`. It throws
  // what ends it, or notes it among the errors of the file.
  const tooDeep = () => refused(file, text, yamlProblem(file, text, 'The file is nested too deep.', 0));
  try {
    const parsed = parseSound(file, text, rules);
    return parsed.diagnostics.some(({ message }) => message.includes('call stack size exceeded')) ? tooDeep() : parsed;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return tooDeep();
  }
}

function refused(file: string, text: string, problem: Diagnostic): Parsed {
  return { source: new Source(file, text, parseDocument('')), diagnostics: [problem] };
}

function yamlProblem(file: string, text: string, message: string, start: number): Diagnostic {
  const range = clampRange({ file, start, end: start + 1 }, text);
  return { severity: 'error', code: 'E_YAML', message, range };
}

function parseSound(file: string, text: string, rules: ReadingRules): Parsed {
  const document = parseDocument(text, yamlOptions);
  const source = new Source(file, text, document);
  const diagnostics = [...olderYaml(file, text, document), ...syntaxErrors(file, text, document)];
  if (diagnostics.length > 0) return { source, diagnostics };
  const { value, diagnostics: found } = readValue(source, rules);
  // Of aliases that stand for nothing, and the like, consequences would be everywhere.
  const isReadable = found.every(({ code }) => code !== 'E_YAML');
  return { source, ...(isReadable ? { value } : {}), diagnostics: found };
}

/** In YAML 1.1, `yes` is true, and 0777 and 1:30 are other numbers: who names it must not be read otherwise in silence. */
function olderYaml(file: string, text: string, { directives }: Document.Parsed): Diagnostic[] {
  if (directives.yaml.version === '1.2') return [];
  const start = Math.max(0, text.search(/^%YAML/m));
  const range = clampRange({ file, start, end: start + 5 }, text);
  const message = 'A pipeline file is YAML 1.2, which reads some values differently.';
  return [{ severity: 'error', code: 'E_YAML', message, range, hint: 'remove this line, and quote what is text' }];
}

/** What is allowed in YAML is printable; halves of characters come from no file. */
const unprintable = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** What would harm the parser itself, or is no text, found by a plain scan. */
function refuseHarmful(file: string, text: string): Diagnostic | undefined {
  const refuse = (message: string, start: number) => yamlProblem(file, text, message, start);
  if (text.length > maximumLength) return refuse('The file is too large for a pipeline.', 0);
  const strange = unprintable.exec(text);
  if (strange !== null) {
    const code = strange[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    return refuse(`The file holds the control character U+${code} here.`, strange.index);
  }
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if (depth > maximumDepth) return refuse('Brackets are nested too deep here.', i);
  }
  const dashes = new RegExp(`^ *(- +){${maximumDepth},}|^ {${4 * maximumDepth},}\\S`, 'm').exec(text);
  return dashes === null ? undefined : refuse('Lists are nested too deep here.', dashes.index);
}
