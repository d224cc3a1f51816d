import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundle } from '../../src/stage/bundle.js';
import { testFolder, writeFiles } from '../store/folder.js';

/** Ends esbuild's process, as a Ctrl-C of the terminal does. */
function endEsbuild(): void {
  const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  const found = children.split('\n').filter((line) => line.includes('--service='));
  expect(found).toHaveLength(1);
  process.kill(Number.parseInt(found[0]!, 10), 'SIGINT');
}

describe('a bundle', () => {
  it('is the same whatever the names of the file and its folders mean elsewhere', async () => {
    const names = ['plain.ts', 'a*b?.ts', '-x [1] #%20.ts', '${{ x }} ünï "q"\'.ts'];
    const folder = writeFiles(
      testFolder(),
      Object.fromEntries(names.map((name) => [name, 'export const a = [1, 2 + 3];\n'])),
    );
    const made = await Promise.all(names.map((name) => bundle(join(folder, name), folder)));
    for (const [i, { code, files }] of made.entries()) {
      expect(code).toBe(made[0]!.code);
      expect(Object.keys(files)).toEqual([names[i]]);
    }
  });

  it.skipIf(process.platform === 'win32')('is made although esbuild was ended, even while it works', async () => {
    const folder = writeFiles(testFolder(), { 'a.ts': 'export default 1;\n' });
    const file = join(folder, 'a.ts');
    const before = await bundle(file, folder);
    endEsbuild();
    // Before it is noticed that it is gone, and after.
    expect(await Promise.all([bundle(file, folder), bundle(file, folder)])).toEqual([before, before]);
    endEsbuild();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await Promise.all([bundle(file, folder), bundle(file, folder)])).toEqual([before, before]);
  });
});
