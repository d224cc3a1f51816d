import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { readPage } from './markdown.js';

const linked = /\]\((?:\.\.\/)?(test\/bench\/[\w-]+\.md)\)/g;

describe.each([
  ['README.md', 'Measured'],
  ['docs/speed.md', 'The engine'],
  ['docs/speed.md', 'Integer gradients'],
  ['docs/speed.md', 'The runner'],
])('%s, %s', (name, heading) => {
  const { prose } = readPage(name);
  const section = prose.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))!;
  const files = [...section.matchAll(linked)].map(([, file]) => file!);
  const measured = files.map((file) => readFileSync(join(packageRoot, file), 'utf8')).join('\n');

  it('has figures that were measured', () => {
    expect(files.length).toBeGreaterThan(0);
    const text = section.replaceAll(linked, '').replaceAll(/`[^`]*`/g, '');
    const numbers = [...text.matchAll(/(?<![\w.^-])\d+(?:\.\d+)+|(?<![\w.^-])\d{2,}(?![\w.])/g)].map(
      ([number]) => number,
    );
    const unknown = numbers.filter(
      (number) => !new RegExp(`(?<![\\d.])${number.replace('.', '\\.')}(?![\\d])`).test(measured),
    );
    // Of how the kernels work, which nobody measures.
    expect(unknown.filter((number) => !['81', '16', '12'].includes(number))).toEqual([]);
  });
});
