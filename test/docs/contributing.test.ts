import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { readPage } from './markdown.js';

/** The texts of all sources, by their paths in the repository. */
const sources = new Map(
  readdirSync(join(packageRoot, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [`src/${name.replaceAll(sep, '/')}`, readFileSync(join(packageRoot, 'src', name), 'utf8')]),
);

/** The paths in back quotes of a section of CONTRIBUTING.md, each once. */
function pathsUnder(heading: string): string[] {
  const section = readPage('CONTRIBUTING.md')
    .prose.split(/^### /m)
    .find((part) => part.startsWith(`${heading}\n`))!;
  return [...new Set([...section.matchAll(/`(src\/[\w./-]+)`/g)].map(([, path]) => path!))].sort();
}

/** Kinds that the union types of a file tell apart. */
const kindsIn = (path: string) => [...sources.get(path)!.matchAll(/readonly kind: '(\w+)'/g)].map(([, kind]) => kind!);

it('lists every file that does something for a kind of layer', () => {
  const unions = ['src/network/layer-spec.ts', 'src/network/architecture.ts', 'src/spiking/network.ts'];
  const precisions = ['fp32', 'quantised'];
  const kinds = unions.flatMap(kindsIn).filter((kind) => !precisions.includes(kind));
  expect(kinds).toEqual(expect.arrayContaining(['conv', 'convolution', 'classifier', 'encoding', 'readout']));
  // A case, a comparison, or a table with a key for each kind.
  const words = kinds.join('|');
  const uses = new RegExp(`(\\bcase |\\bkind [=!]== )'(${words})'|Record<(LayerKind|\\w+\\['kind'\\]),`);
  const touched = [...sources].filter(([, text]) => uses.test(text)).map(([path]) => path);
  expect([...new Set([...touched, ...unions])].sort()).toEqual(
    pathsUnder('A layer kind').filter((path) => path.endsWith('.ts')),
  );
});

it('names the registries of engines and executors, and no other file compares their names', () => {
  expect(pathsUnder('An engine')).toContain('src/engine/engines.ts');
  expect(pathsUnder('An executor')).toContain('src/api/opening/executors.ts');
  const named = /\b(engine|executor)(Name)?(\.name)? [=!]== '(wasm|tensorflow|local|slurm)'/;
  expect([...sources].filter(([, text]) => named.test(text)).map(([path]) => path)).toEqual([]);
});
