import { resolve } from 'node:path';
import { readText, type Unreadable } from '../files/read-text.js';
import type { LoadOptions } from './assemble.js';
import { checkPipeline } from './assemble.js';
import { isFatal, type ReadContent } from './compose/extend.js';
import { readOnce, readTree } from './compose/include.js';
import type { Pipeline } from './expand/task.js';
import type { Diagnostic } from './text/diagnostic.js';
import type { TextOf } from './text/format.js';
import { KnownPlaces, type ParsedFiles, parsedFile } from './text/places.js';
import { hinted } from './text/reporter.js';

export interface Loaded {
  /** Missing when there are errors. */
  readonly pipeline?: Pipeline;
  /**
   * Mistakes of the call, then those of the files from top to bottom; where there are no errors, warnings, but only
   * without `parsed`: who spares the parser does not ask for their places.
   */
  readonly diagnostics: readonly Diagnostic[];
  /** The text of a file that diagnostics speak of. */
  readonly textOf: TextOf;
}

/** Text → checked pipeline → tasks. All mistakes come back as diagnostics; nothing is thrown for a user's mistake. */
export async function loadPipeline(file: string, options: LoadOptions): Promise<Loaded> {
  const texts = new Map<string, string>();
  const files = new Set<string>();
  const textOf: TextOf = (name) => texts.get(name);
  const path = resolve(file);
  const text = options.text ?? readText(path);
  if (typeof text !== 'string') {
    return { diagnostics: [unreadableFile(file, text)], textOf };
  }
  const { parsed } = options;
  const load = async (known: ParsedFiles | undefined): Promise<Omit<Loaded, 'textOf'>> => {
    const fresh: (() => void)[] = [];
    const { tree, diagnostics } = await readTree(
      path,
      file,
      readOnce(async (at, shown) => {
        const found = at === path ? text : readText(at);
        if (typeof found !== 'string') return found;
        texts.set(shown, found);
        files.add(at);
        return readContent(shown, found, known, parsed, fresh);
      }),
    );
    if (diagnostics.some(isFatal)) return { diagnostics: distinct(inOrder(diagnostics)) };
    const checked = await checkPipeline(tree, options);
    const pipeline =
      diagnostics.length > 0 || checked.pipeline === undefined ? undefined : { ...checked.pipeline, files: [...files] };
    const found = checked.diagnostics.filter((one) => !isConsequence(one, diagnostics));
    const all = distinct([...checked.call, ...inOrder([...diagnostics, ...found])]);
    const loaded = { ...(pipeline === undefined ? {} : { pipeline }), diagnostics: all };
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
): Promise<ReadContent> {
  const before = known?.get(text);
  if (before !== undefined) return { value: before.value, places: new KnownPlaces(shown, before), diagnostics: [] };
  const { parseSource, pipelineRules } = await import('./text/parse.js');
  const { source, value, diagnostics } = parseSource(shown, text, pipelineRules);
  if (parsed !== undefined && diagnostics.length === 0 && value !== null && typeof value === 'object') {
    // Checks fill in defaults, and take out what is wrong.
    const keep = parsedFile(structuredClone(value), source);
    fresh.push(() => parsed.set(text, keep));
  }
  return { value, places: source, diagnostics };
}

/** Why the file of the call can't be read. */
export function unreadableFile(file: string, { why, hint }: Unreadable): Diagnostic {
  return { severity: 'error', code: 'E_FILE', message: `${file} can't be read: ${why}.`, ...hinted(hint) };
}

/** True if it is about a value that could not be read as it is written. */
function isConsequence({ severity, range, related = [] }: Diagnostic, mistakes: readonly Diagnostic[]): boolean {
  // There are no warnings of a file with mistakes.
  if (severity === 'warning') return mistakes.length > 0;
  const places = [range, ...related.map((one) => one.range)];
  const wrong = mistakes.flatMap((one) => (one.code === 'E_DUPLICATE' || one.range === undefined ? [] : [one.range]));
  return places.some(
    (place) =>
      place && wrong.some(({ file, start, end }) => place.file === file && place.start >= start && place.end <= end),
  );
}

/** A mistake in a file that is included twice is one mistake. */
function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((one) => [JSON.stringify(one), one])).values()];
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
