// Workflows and the action by the schemas that editors have of them, as PyPI's check-jsonschema brings them along.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { readPage } from '../docs/markdown.js';
import { type Sandbox, test } from '../e2e/program.js';
import { hasPackages, python } from '../peers/python.js';

function ask(box: Sandbox, kind: 'actions' | 'workflows', file: string) {
  const schema = ['--builtin-schema', `vendor.github-${kind}`];
  const { status, stdout } = spawnSync(python, ['-m', 'check_jsonschema', ...schema, file], {
    cwd: box.folder,
    encoding: 'utf8',
  });
  return { status, stdout };
}

const fine = { status: 0, stdout: 'ok -- validation done\n' };

describe.runIf(hasPackages(['check_jsonschema']))('by their schemas', () => {
  test('the action is one, and wrong ones are found', ({ box }) => {
    expect(ask(box, 'actions', join(packageRoot, 'action.yml'))).toEqual(fine);
    box.write('action.yml', 'name: x\ndescription: x\nruns: { using: composite, steps: [{ run: ls }] }\n');
    expect(ask(box, 'actions', 'action.yml')).toMatchObject({ status: 1, stdout: expect.stringContaining('$.runs') });
  });

  test('workflows are, with that of docs/ci.md', ({ box }) => {
    const folder = join(packageRoot, '.github/workflows');
    const blocks = readPage('docs/ci.md').blocks.filter(({ words }) => words.workflow !== undefined);
    for (const [i, { text }] of blocks.entries()) box.write(`docs-${i}.yml`, text);
    const files = [...readdirSync(folder).map((name) => join(folder, name)), ...blocks.map((_, i) => `docs-${i}.yml`)];
    for (const file of files) expect([file, ask(box, 'workflows', file)]).toEqual([file, fine]);
  });
});
