import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { claimFolder } from '../../../src/api/opening/claim.js';
import { Store } from '../../../src/store/store.js';
import { testFolder, writeFiles } from '../../store/folder.js';

let folder: string;
beforeEach(() => {
  const text = 'name: "p" # of both\n';
  folder = writeFiles(testFolder(), {
    'proj/a.yaml': text,
    'proj/sub/b.yaml': text,
    'proj/artifacts/none': '',
    'c.yaml': text,
  });
});

const claim = (file: string, project = 'proj') =>
  claimFolder(Store.open(join(folder, project, 'artifacts')), { name: 'p', file: join(folder, file) });

describe('two files of one name', () => {
  it('are refused in one project, with both places', async () => {
    await claim('proj/a.yaml');
    await claim('proj/a.yaml');
    await expect(claim('proj/sub/b.yaml')).rejects.toMatchObject({
      name: 'UserError',
      message: `Two pipeline files have the name "p": ${join(folder, 'proj/a.yaml')} and ${join(folder, 'proj/sub/b.yaml')}. They would overwrite each other's results.`,
      hint: 'give one of them another `name:`, or keep its results apart with --artifacts',
    });
  });

  it.each([
    ['was moved', () => renameSync(join(folder, 'proj/a.yaml'), join(folder, 'proj/d.yaml'))],
    ['has another name by now', () => writeFileSync(join(folder, 'proj/a.yaml'), 'name: q\n')],
  ])('are one where the first %s', async (_, change) => {
    await claim('proj/a.yaml');
    change();
    await claim('proj/sub/b.yaml');
  });

  it.skipIf(process.platform === 'win32')(
    'are one where the note is none, or the first is no file any more',
    async () => {
      mkdirSync(join(folder, 'proj/artifacts/p'), { recursive: true });
      execFileSync('mkfifo', [join(folder, 'proj/artifacts/p/.file')]);
      await claim('proj/a.yaml');
      rmSync(join(folder, 'proj/a.yaml'));
      execFileSync('mkfifo', [join(folder, 'proj/a.yaml')]);
      await claim('proj/sub/b.yaml');
    },
  );

  it('are as good as one in a project that was copied or moved, and where the store is shared by several', async () => {
    await claim('proj/a.yaml');
    cpSync(join(folder, 'proj'), join(folder, 'copy'), { recursive: true });
    await claim('copy/a.yaml', 'copy');
    await claim('c.yaml');
  });
});
