import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownMistake } from '../e2e/program.js';
import { tinyPipeline } from './pipeline.js';
import { type Rig, withRig } from './rig.js';

const shim = join(import.meta.dirname, 'share-fs.cjs');

/** What gives a program a store on a disk that refuses links with this code. */
const refusing = (rig: Rig, code: string) => ({
  NODE_OPTIONS: `--require ${shim}`,
  SPIKELINE_STORE: rig.path('artifacts'),
  SPIKELINE_LINKS: code,
});

describe.skipIf(process.platform === 'win32')('a share', () => {
  it.each(['ENOTSUP', 'EPERM'])('that refuses links with %s has copies, which stay', async (code) => {
    const clean = await withRig((rig) => rig.finish(), tinyPipeline);
    await withRig(async (rig) => {
      const env = refusing(rig, code);
      const call = async (...words: string[]) => {
        const { code, out, err } = await rig.run(words, env);
        expect([code, err], out).toEqual([0, '']);
        return out;
      };
      await call('run', 'p.yaml');
      expect(rig.snapshot()).toEqual({ tree: clean.tree, results: clean.results });
      const copy = () => lstatSync(rig.path('artifacts/small/copy/copy.txt'));
      expect(copy().isFile()).toBe(true);
      const { ino } = copy();
      expect(await call('run', 'p.yaml')).toContain('ran 0, cached 2,');
      expect(copy().ino).toBe(ino);
      // What was computed anew lies in a store of its own, whose journal is open to the end.
      expect(await call('verify', 'p.yaml')).toContain('2 of 2 came out the same');
      await call('gc');
      rig.expectNoneBad();
    }, tinyPipeline);
  });

  it('says which link it can not hold', async () => {
    await withRig(async (rig) => {
      const env = refusing(rig, 'EPERM');
      const run = 'mkdir ${{ outputs.o }}; echo > ${{ outputs.o }}/run-3; ln -s run-3 ${{ outputs.o }}/latest';
      rig.write('l.yaml', `name: l\nstages: { a: { run: '${run}', outputs: { o: o } } }\n`);
      const { code, out } = await rig.run(['run', 'l.yaml'], env);
      expect([code, out]).toEqual([1, expect.stringContaining('a failed [E_STORE_LINK]')]);
      expect(out).toContain('o/latest is a symbolic link in its folder, and the disk of ');
      expect(out).not.toMatch(ownMistake);
    }, tinyPipeline);
  });

  it('has its copies made anew where somebody has changed them', async () => {
    await withRig(async (rig) => {
      const env = refusing(rig, 'EPERM');
      for (const expected of ['ran 2, cached 0,', 'ran 0, cached 2,']) {
        expect((await rig.run(['run', 'p.yaml'], env)).out).toContain(expected);
        expect(rig.read('artifacts/small/copy/copy.txt')).toBe('echo run\n');
        rig.write('artifacts/small/copy/copy.txt', 'changed\n');
      }
      expect((await rig.run(['run', 'p.yaml'], env)).out).toContain('.aside/');
      expect(rig.read('artifacts/small/copy/copy.txt')).toBe('echo run\n');
    }, tinyPipeline);
  });
});
