import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { StageDefinition } from '../stage/definition.js';
import { checkPipeline } from './assemble.js';
import type { Diagnostic } from './diagnostic.js';
import type { FileContent } from './extend.js';
import type { TextOf } from './format.js';
import { readTree } from './include.js';
import { KnownPlaces, type ParsedFiles, parsedFile } from './places.js';
import type { Pipeline } from './task.js';

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
  const textOf: TextOf = (name) => texts.get(name);
  const path = resolve(file);
  const text = options.text ?? readText(path);
  if (typeof text !== 'string') {
    const message = `${file} can't be read: ${text.why}.`;
    return { diagnostics: [{ severity: 'error', code: 'E_FILE', message }], textOf };
  }
  const { parsed } = options;
  const load = async (known: ParsedFiles | undefined): Promise<Omit<Loaded, 'textOf'>> => {
    const fresh: (() => void)[] = [];
    const { tree, diagnostics } = await readTree(path, file, async (at, shown) => {
      const found = at === path ? text : readText(at);
      if (typeof found !== 'string') return found.why;
      texts.set(shown, found);
      return readContent(shown, found, known, parsed, fresh);
    });
    if (diagnostics.length > 0) return { diagnostics: inOrder(diagnostics) };
    const checked = await checkPipeline(tree, options);
    const { pipeline } = checked;
    const all = [...checked.call, ...inOrder(checked.diagnostics)];
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
export function readText(path: string): string | { readonly why: string } {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { why: code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message };
  }
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
