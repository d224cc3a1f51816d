import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { artifactsFolder, pipelineFile } from '../../../src/api/opening/project.js';
import { testFolder, writeFiles } from '../../store/folder.js';

describe('artifactsFolder', () => {
  it.each([
    ['has package.json', { 'package.json': '' }],
    ['has .git, which is a file in a worktree', { '.git': '' }],
    ['has artifacts/', { 'artifacts/store/x': '' }],
  ])('is that of the nearest folder above the file that %s', (_, files) => {
    const folder = writeFiles(testFolder(), { 'proj/pipelines/more/p.yaml': '', 'package.json': '' });
    writeFiles(join(folder, 'proj'), files);
    expect(artifactsFolder(undefined, join(folder, 'proj/pipelines/more/p.yaml'))).toBe(join(folder, 'proj/artifacts'));
  });

  it("is the file's own folder's where there is none, or where everybody may put one, or where it is a file", () => {
    const folder = writeFiles(testFolder(), { 'own/p.yaml': '' });
    const own = join(folder, 'own/artifacts');
    expect(artifactsFolder(undefined, join(folder, 'own/p.yaml'))).toBe(own);
    mkdirSync(join(folder, 'artifacts'));
    chmodSync(folder, 0o1777);
    expect(artifactsFolder(undefined, join(folder, 'own/p.yaml'))).toBe(own);
    writeFiles(folder, { 'own/artifacts': '' });
    expect(artifactsFolder(undefined, join(folder, 'own/p.yaml'))).toBe(own);
  });

  it('is what --artifacts says, from the working folder', () => {
    expect(artifactsFolder('mine', '/somewhere/p.yaml')).toBe(join(process.cwd(), 'mine'));
  });

  it('is one by whatever links the file was reached', () => {
    const folder = writeFiles(testFolder(), { 'proj/p.yaml': '', 'proj/.git': '', 'home/.git': '' });
    symlinkSync('../proj/p.yaml', join(folder, 'home/p.yaml'));
    symlinkSync('../proj', join(folder, 'home/proj'));
    for (const file of ['home/p.yaml', 'home/proj/p.yaml'])
      expect(artifactsFolder(undefined, join(folder, file))).toBe(join(folder, 'proj/artifacts'));
  });
});

describe('pipelineFile', () => {
  it('is what a link leads to; folders and what is not there stay as they were named', () => {
    const folder = writeFiles(testFolder(), { 'proj/p.yaml': '' });
    symlinkSync('proj/p.yaml', join(folder, 'link.yaml'));
    symlinkSync('proj', join(folder, 'folder'));
    expect(pipelineFile(join(folder, 'link.yaml'))).toBe(join(folder, 'proj/p.yaml'));
    for (const name of ['folder/p.yaml', 'none.yaml'])
      expect(pipelineFile(join(folder, name))).toBe(join(folder, name));
  });
});
