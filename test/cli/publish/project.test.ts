import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readProject } from '../../../src/cli/publish/project.js';
import { testFolder } from '../../store/folder.js';

function project(files: Readonly<Record<string, string>>) {
  const folder = testFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return readProject(folder);
}

describe('what a project says of itself', () => {
  it('is nothing where nothing is said', () => {
    expect(project({})).toEqual({ authors: [], files: [] });
  });

  it('is read from the forms of package.json', () => {
    expect(project({ 'package.json': '{ "author": "A B <a@b.c> (https://a.b)", "license": "BSD-3-Clause" }' })).toEqual(
      {
        authors: [{ kind: 'Person', name: 'A B' }],
        licence: 'BSD-3-Clause',
        files: ['package.json'],
      },
    );
    expect(project({ 'package.json': '{ "author": { "name": "A", "email": "a@b.c" } }' }).authors).toEqual([
      { kind: 'Person', name: 'A' },
    ]);
  });

  it('is not taken from another encoding than UTF-8: names would be others', () => {
    const folder = testFolder();
    writeFileSync(join(folder, 'CITATION.cff'), 'authors: [{ name: Köln }]\n', 'latin1');
    expect(() => readProject(folder)).toThrow(
      expect.objectContaining({
        code: 'E_FILE',
        message: expect.stringContaining(
          'CITATION.cff can\'t be read: it is not UTF-8: the byte 0xF6 in line 1 is "ö"',
        ),
        hint: 'save it as UTF-8, such as with iconv -f WINDOWS-1252 -t UTF-8',
      }),
    );
  });

  it('takes an identifier that begins with a digit', () => {
    expect(project({ 'package.json': JSON.stringify({ license: '3D-Slicer-1.0' }) }).licence).toBe('3D-Slicer-1.0');
  });

  it.each(['UNLICENSED', 'SEE LICENSE IN x.txt', ''])('takes "%s" for no licence', (license) => {
    expect(project({ 'package.json': JSON.stringify({ license }) }).licence).toBeUndefined();
  });

  it('is read from CITATION.cff before package.json', () => {
    const cff =
      'license: [Apache-2.0]\nauthors:\n  - { family-names: Berg, given-names: A., name-particle: van }\n  - 3\n';
    const { authors, licence } = project({
      'CITATION.cff': cff,
      'package.json': '{ "author": "X", "license": "MIT" }',
    });
    expect(authors).toEqual([{ kind: 'Person', name: 'A. van Berg' }]);
    expect(licence).toBe('Apache-2.0');
  });

  it('tells of a package of Spikeline that only this machine has', () => {
    const from = (spikeline: unknown) => project({ 'package.json': JSON.stringify({ dependencies: { spikeline } }) });
    expect(from('file:../spikeline.tgz').localPackage).toBe('file:../spikeline.tgz');
    expect(from('0.1.0').localPackage).toBeUndefined();
  });

  it.each([
    ['CITATION.cff', 'authors: ['],
    ['package.json', '{'],
  ])('refuses a %s that can not be read', (name, text) => {
    expect(() => project({ [name]: text })).toThrow(expect.objectContaining({ code: 'E_FILE' }));
  });
});
