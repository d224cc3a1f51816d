import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { readPage } from './markdown.js';

/** Every code that stands in the sources as a text of its own. */
function codesInSources(): string[] {
  const files = ['src', 'stages'].flatMap((folder) =>
    readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(packageRoot, folder, name), 'utf8')),
  );
  return files.flatMap((text) => [...text.matchAll(/'(E_[A-Z0-9_]+)'/g)].map(([, code]) => code!));
}

it('every error code is explained, and no other', () => {
  const { prose } = readPage('docs/troubleshooting.md');
  const explained = [...prose.matchAll(/^\| `(E_[A-Z0-9_]+)`/gm)].map(([, code]) => code!);
  expect(explained.toSorted()).toEqual([...new Set(codesInSources())].sort());
});
