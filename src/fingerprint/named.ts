// What code names in other ways than by an import: `new URL('./worker.js', import.meta.url)`, `join(__dirname, 'table.csv')`,
// `createRequire(import.meta.url)('./own.cjs')`. Whatever a text of the code would lead to counts, without knowing what is
// done with it: one file too many costs a computation, one too few gives back results of other code.
import { statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Code that knows where it lies, and can find what lies beside it. */
const knowsItsPlace = /\bimport\.meta\b|\b__(dir|file)name\b/;
/** Code that loads what a text names. */
const loadsByName = /\bcreateRequire\b|\bimport\.meta\.resolve\b/;
/** What may be added to a name by `require`. */
const endings = ['', '.js', '.json', '.node', '/index.js'];
/** The name of a package, and what may follow it. */
const packageLike = /^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(\/|$)/;

/**
 * Files that a file of code names by its texts, beside those that it imports.
 *
 * @param code the file's, minified
 * @param imported what it imports, as it says it
 * @returns absolute paths; no folders, as it is not known what is read in them
 */
export function namedFiles(code: string, file: string, imported: ReadonlySet<string>): readonly string[] {
  if (!knowsItsPlace.test(code)) return [];
  const found = textsOf(code)
    .filter((text) => !imported.has(text))
    .flatMap((text) => pathsOf(text, file).find(isFile) ?? [])
    .filter((path) => path !== file);
  return [...new Set(found)];
}

/** Imports of packages that a file of code may load by a call with a text: `createRequire(import.meta.url)('left')`. */
export function namedPackages(code: string, imported: ReadonlySet<string>): readonly string[] {
  if (!loadsByName.test(code)) return [];
  const texts = [...code.matchAll(/\((["'`])([^"'`\s]+)\1\)/g)].map(([, , text]) => text!);
  return texts.filter((text) => packageLike.test(text) && !isBuiltin(text) && !imported.has(text));
}

/** Texts of code that could be names. Where each begins is not known without parsing it: some are what is between two texts. */
function textsOf(code: string): readonly string[] {
  const found = code.matchAll(/(?<=(["'`]))(?=([^"'`\n]{1,500})\1)/g);
  return [...new Set([...found].map(([, , text]) => unescaped(text!)))];
}

/** Of the ways that a character can be escaped, minified code has these in names. */
function unescaped(text: string): string {
  const byCode = (_: string, x: string | undefined, u: string) => String.fromCodePoint(Number.parseInt(x ?? u, 16));
  return text.replace(/\\x([0-9A-F]{2})|\\u\{?([0-9A-F]{4,6})\}?/gi, byCode);
}

/** What a text leads to as a path, as what `require` is given, and as a URL. */
function pathsOf(text: string, file: string): readonly string[] {
  if (isAbsolute(text) || text.includes('\0')) return [];
  const path = resolve(dirname(file), text);
  const paths = /^\.\.?\//.test(text) ? endings.map((ending) => path + ending) : [path];
  if (!/[%?#]/.test(text)) return paths;
  try {
    return [...paths, fileURLToPath(new URL(text, pathToFileURL(file)))];
  } catch {
    // It is none, or none of a file.
    return paths;
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    // Such as a name that is too long.
    return false;
  }
}
