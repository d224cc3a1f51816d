// What README and the pages of docs/ hold: their fenced blocks, links and headings. How a block is treated is said by the
// words after its language, which readers don't see; CONTRIBUTING.md lists them.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packageRoot } from '../../src/paths.js';

export interface Block {
  /** `README.md:12`. */
  readonly place: string;
  readonly language: string;
  /** The words after the language: `file=count.yaml exit=1 long`. One without `=` is there or not. */
  readonly words: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface Page {
  /** Relative to the repository. */
  readonly name: string;
  readonly folder: string;
  /** All of it without the fenced blocks. */
  readonly prose: string;
  readonly blocks: readonly Block[];
  /** Names that a link can have after `#`. */
  readonly anchors: ReadonlySet<string>;
}

const documents = (folder: string): string[] =>
  readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
    .sort();

export function readPages(): readonly Page[] {
  const top = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
  return [...top, ...documents('docs')].map(readPage);
}

export function readPage(name: string): Page {
  const file = join(packageRoot, name);
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open:
    | { readonly fence: string; readonly info: string; readonly line: number; readonly lines: string[] }
    | undefined;
  for (const [i, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const [, fence, info] = /^ *(`{3,})(.*)$/.exec(line) ?? [];
    if (open === undefined && fence !== undefined) open = { fence, info: info!, line: i + 1, lines: [] };
    else if (open === undefined) prose.push(line);
    else if (fence === open.fence && info!.trim() === '') {
      const [language = '', words = ''] = /^(\S*)(.*)$/.exec(open.info.trim())!.slice(1);
      blocks.push({
        place: `${relative(packageRoot, file)}:${open.line}`,
        language,
        words: readWords(words),
        text: `${open.lines.join('\n')}\n`,
      });
      open = undefined;
    } else open.lines.push(line);
  }
  if (open !== undefined) throw new Error(`${name}:${open.line}: a block that does not end`);
  return { name, folder: dirname(file), prose: prose.join('\n'), blocks, anchors: new Set(anchorsOf(prose)) };
}

function readWords(text: string): Record<string, string> {
  const words = [...text.matchAll(/([a-z]+)(?:=(?:"([^"]*)"|(\S+)))?/g)];
  return Object.fromEntries(words.map(([, name, quoted, plain]) => [name!, quoted ?? plain ?? '']));
}

/** As GitHub makes them of headings. */
function anchorsOf(lines: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return lines
    .map((line) => /^#{1,6} (.*)$/.exec(line)?.[1])
    .filter((heading) => heading !== undefined)
    .map((heading) => {
      const anchor = heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
        .replaceAll(' ', '-');
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before === 0 ? anchor : `${anchor}-${before}`;
    });
}
