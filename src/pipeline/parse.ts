import { isAlias, isNode, isPair, isScalar, type Node, parseDocument, visit } from 'yaml';
import type { Diagnostic } from './diagnostic.js';
import { clampRange, Source } from './source.js';
import { syntaxErrors } from './syntax.js';

/** Aliases that one document may expand to: far more than anyone writes, far less than a bomb. */
const maximumAliases = 1000;

/** A parser that follows brackets or dashes by recursion must not be led too deep. */
const maximumDepth = 200;
const maximumLength = 16 * 2 ** 20;

/** Parses a file. All syntax errors come at once; the value is missing if there are any. */
export function parseSource(
  file: string,
  text: string,
): { source: Source; value?: unknown; diagnostics: readonly Diagnostic[] } {
  const huge = refuseHuge(file, text);
  if (huge !== undefined) return { source: new Source(file, text, parseDocument('')), diagnostics: [huge] };
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, strict: true });
  const source = new Source(file, text, document);
  const diagnostics = syntaxErrors(file, text, document);
  if (diagnostics.length > 0) return { source, diagnostics };
  const semantic = [...keyErrors(source), ...badAliases(source)];
  if (semantic.length > 0) return { source, diagnostics: semantic };
  try {
    return { source, value: document.toJS({ maxAliasCount: maximumAliases }) as unknown, diagnostics: [] };
  } catch {
    // What is left after the checks above is a bomb of aliases.
    const message = 'The aliases of this file stand for too much.';
    return { source, diagnostics: [yamlError(message, source, undefined)] };
  }
}

/** What would harm the parser itself, found by a plain scan. */
function refuseHuge(file: string, text: string): Diagnostic | undefined {
  const refuse = (message: string, start: number): Diagnostic => {
    const range = clampRange({ file, start, end: start + 1 }, text);
    return { severity: 'error', code: 'E_YAML', message, range };
  };
  if (text.length > maximumLength) return refuse('The file is too large for a pipeline.', 0);
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

function yamlError(message: string, source: Source, node: Node | undefined, hint?: string): Diagnostic {
  const range = source.rangeOf(node);
  return { severity: 'error', code: 'E_YAML', message, range, ...(hint === undefined ? {} : { hint }) };
}

/** Keys that are there twice, or are no names. */
function keyErrors(source: Source): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  visit(source.document, {
    Map(_, map) {
      const seen = new Map<string, Node>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        const first = seen.get(name);
        if (first === undefined) seen.set(name, key);
        else
          diagnostics.push({
            severity: 'error',
            code: 'E_DUPLICATE',
            message: `"${name}" is here twice.`,
            range: source.rangeOf(key),
            related: [{ message: `"${name}" is first here`, range: source.rangeOf(first) }],
            hint: 'rename one of them, or remove it',
          });
      }
    },
    Pair(_, pair) {
      if (isPair(pair) && isNode(pair.key) && !isScalar(pair.key) && !isAlias(pair.key))
        diagnostics.push(yamlError('A key must be a plain word.', source, pair.key));
    },
  });
  return diagnostics;
}

/** Aliases without anchor, and those inside of what they stand for. */
function badAliases(source: Source): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const anchored = new Map<string, Node>();
  visit(source.document, {
    Node(_, node, ancestors) {
      if (!isAlias(node)) {
        if ('anchor' in node && node.anchor !== undefined) anchored.set(node.anchor, node);
        return;
      }
      const target = anchored.get(node.source);
      if (target === undefined) {
        const hint = `for the text itself, write '*${node.source}', quoted`;
        diagnostics.push(yamlError(`There is no anchor "&${node.source}" above.`, source, node, hint));
      } else if (ancestors.includes(target))
        diagnostics.push(yamlError(`"*${node.source}" stands inside of what it stands for.`, source, node));
    },
  });
  return diagnostics;
}
