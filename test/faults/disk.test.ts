import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { buildFolder } from '../../src/paths.js';
import { tinyPipeline } from './pipeline.js';
import { expectBorneOrTold, type Rig, withRig } from './rig.js';

/** Mounting needs root; a container may forbid it even then. */
const canMount = process.platform === 'linux' && spawnSync('unshare', ['--mount', 'true']).status === 0 && isRoot();
/** Nothing is forbidden to root: the program then runs as nobody. */
const canDrop = !isRoot() || spawnSync('setpriv', ['--reuid=65534', '--clear-groups', 'true']).status === 0;

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** An artifacts folder on a file system of its own, for the time of an action. */
async function withFullDisk(rig: Rig, kilobytes: number, action: (folder: string) => Promise<void>): Promise<void> {
  const folder = rig.path('artifacts');
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'none', folder]);
  try {
    await action(folder);
  } finally {
    // Lazily: this process may have journals open there.
    execFileSync('umount', ['-l', folder]);
  }
}

describe('a full disk', () => {
  it.skipIf(!canMount)('at any fill level: it is said, and with space again the run ends as any other', async () => {
    const clean = await withRig((rig) => rig.runHere().then(() => rig.snapshot()), tinyPipeline);
    await withRig(async (rig) => {
      await withFullDisk(rig, 1024, async (folder) => {
        let failures = 0;
        for (let free = 0; free <= 120; free += 8) {
          const { bavail, bsize } = statfsSync(folder);
          writeFileSync(join(folder, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - free * 1024)));
          const result = await rig.run(['run', 'p.yaml']);
          expectBorneOrTold(result);
          if (result.code === 1) failures++;
          rig.expectPartOf(clean);
          execFileSync('rm', ['-r', join(folder, 'ballast')]);
          await rig.runHere();
          expect(rig.snapshot()).toEqual(clean);
          execFileSync('find', [folder, '-mindepth', '1', '-delete']);
        }
        expect(failures).toBeGreaterThan(0);
      });
    }, tinyPipeline);
  });
});

describe('a disk that a command fills', () => {
  it.skipIf(!canMount)('is what its failure says: what it says itself had no space in its log', async () => {
    const text =
      'name: p\nstages: { s: { run: "head -c 3000000 /dev/zero > ${{ outputs.o }} || exit 7", outputs: { o: o } } }\n';
    await withRig(
      async (rig) => {
        await withFullDisk(rig, 1024, async (folder) => {
          const { code, out } = await rig.run(['run', 'p.yaml', '--reporter', 'plain']);
          expect(code).toBe(1);
          expect(out).toContain(`hint: There is no space left on the disk of ${join(folder, 'store/tmp')}`);
        });
      },
      { files: { 'p.yaml': text }, tasks: ['s'] },
    );
  });
});

describe('a full disk under pictures and pages', () => {
  const files = {
    'p.yaml': `name: small
stages:
  data: { uses: dataset, with: { name: fashion-mnist-sample, subset: { train: 20, test: 20 } } }
  train:
    uses: train
    inputs: { data: data }
    with: { network: 16C5-P2-32, k: 1, B: 2, epochs: 1, batch: 10 }
  convert: { uses: snn-convert, inputs: { checkpoint: train, data: data } }
  snn: { uses: snn-infer, inputs: { data: data, network: convert } }
  plots: { uses: plot, inputs: { snn: snn } }
  report: { uses: report, inputs: { snn: snn, conversion: convert.report, history: train.history } }
`,
  };

  it.skipIf(!canMount)(
    'fails the stage that meets it, in words; with space again the run ends as any other',
    async () => {
      await withRig(
        async (rig) => {
          await withFullDisk(rig, 16_384, async (folder) => {
            await rig.finish();
            const clean = rig.snapshot();
            const stages = ['data', 'plots', 'report'];
            for (const free of [0, 40]) {
              const { bavail, bsize } = statfsSync(folder);
              writeFileSync(join(folder, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - free * 1024)));
              for (const stage of stages) {
                const result = await rig.run(['run', 'p.yaml', stage, '--force', stage]);
                expectBorneOrTold(result);
                if (free === 0)
                  expect([stage, result.code, result.out + result.err]).toEqual([
                    ...[stage, 1, expect.stringContaining('hint: Make room')],
                  ]);
                rig.expectNoneBad();
              }
              execFileSync('rm', [join(folder, 'ballast')]);
              await rig.finish();
              // The page beside the results says when they were computed.
              const { results, tree } = rig.snapshot();
              expect(results).toEqual(clean.results);
              expect(Object.keys(tree)).toEqual(Object.keys(clean.tree));
            }
            for (const stage of stages) {
              const words = ['ulimit -f 4; exec "$@"', '--', process.execPath, join(buildFolder, 'cli.cjs')];
              const env = { ...process.env, CI: 'true', XDG_CONFIG_HOME: rig.path('.config') };
              const limited = spawnSync('sh', ['-c', ...words, 'run', 'p.yaml', stage, '--force', stage], {
                ...{ cwd: rig.folder, env, encoding: 'utf8' },
              });
              expect([stage, limited.status, limited.stdout]).toEqual([
                ...[stage, 1, expect.stringContaining(`${stage} failed [E_STORE_FULL]`)],
              ]);
            }
            expect((await rig.finish()).results).toEqual(clean.results);
          });
        },
        { files, tasks: [] },
      );
    },
  );
});

describe('a store that may only be read', () => {
  it.skipIf(!canMount)('gives what is in it, and says why it takes nothing', async () => {
    await withRig(async (rig) => {
      await withFullDisk(rig, 4096, async (folder) => {
        await rig.run(['run', 'p.yaml']);
        execFileSync('mount', ['-o', 'remount,ro', folder]);
        for (const call of ['run', 'status', 'show', 'plan']) {
          const { code, err } = await rig.run([call, 'p.yaml']);
          expect([call, code, err]).toEqual([call, 0, '']);
        }
        const { code, out } = await rig.run(['run', 'p.yaml', '--force']);
        expect(code).toBe(1);
        expect(out).toMatch(
          /data failed \[E_STORE_ACCESS\]\n {2}The file system is read-only: \S+ can't be made in \S+\/artifacts\S*\.\n {2}hint: Results in it can be used/,
        );
      });
    }, tinyPipeline);
  });
});

describe('missing permission', () => {
  const places = [
    '',
    '/store',
    '/store/blobs',
    '/store/records',
    '/store/tmp',
    '/store/locks',
    '/small',
    '/small/.logs',
  ];

  it.skipIf(!canDrop)('to write any folder: it is said, and once it is there the run ends as any other', async () => {
    await withRig(async (rig) => {
      chmodSync(rig.folder, 0o755);
      await rig.runHere();
      const clean = rig.snapshot();
      for (const place of places) {
        // By its group, which nobody has here: what anyone may write to counts for a stranger's.
        execFileSync('chmod', ['-R', 'ug+rwX', rig.path('artifacts')]);
        // Something is to be done: the results are gone, the folders are not.
        execFileSync('find', [rig.path('artifacts'), '-type', 'f', '-delete']);
        chmodSync(rig.path(`artifacts${place}`), 0o555);
        const { status, stdout, stderr } = asNobody(
          rig,
          process.execPath,
          join(buildFolder, 'cli.cjs'),
          'run',
          'p.yaml',
        );
        expectBorneOrTold({ code: status, out: stdout, err: stderr });
        if (status !== 0) expect(stdout + stderr).toMatch(/hint: `ls -ld( \S+)?` shows whose it is/);
        chmodSync(rig.path(`artifacts${place}`), 0o775);
        rig.expectNoneBad();
        await rig.runHere();
        expect(rig.snapshot(), place).toEqual(clean);
      }
    }, tinyPipeline);
  });
});

describe.skipIf(!isRoot() || !canDrop)('a store that is shared by a group', () => {
  it('serves several users, whatever their umask: each uses what others made, and adds to it', async () => {
    await withRig(async (rig) => {
      const artifacts = rig.path('artifacts');
      mkdirSync(artifacts);
      execFileSync('chgrp', ['60000', artifacts]);
      chmodSync(artifacts, 0o2775);
      chmodSync(rig.folder, 0o755);
      const run = async (user: number, ...words: string[]) => {
        const call = [`--reuid=${user}`, `--regid=${user}`, '--groups=60000', 'sh', '-c', 'umask 077; exec "$@"', '--'];
        const { exitCode, stdout, stderr } = await execa(
          'setpriv',
          [...call, process.execPath, join(buildFolder, 'cli.cjs'), 'run', 'p.yaml', ...words],
          {
            cwd: rig.folder,
            env: { CI: 'true', HOME: rig.folder, XDG_CONFIG_HOME: rig.path('.config') },
            reject: false,
          },
        );
        expect(exitCode, stdout + stderr).toBe(0);
        return stdout;
      };
      expect(await run(60001)).toMatch(/: ran [1-9]\d*, cached 0, failed 0 /);
      expect(await run(60002)).toMatch(/: ran 0, cached [1-9]\d*, failed 0 /);
      expect(await run(60002, '--force')).toMatch(/: ran [1-9]\d*, cached 0, failed 0 /);
      expect(await run(60001)).toMatch(/: ran 0, cached [1-9]\d*, failed 0 /);
      const atOnce = await Promise.all([60001, 60002, 60001, 60002].map((user) => run(user, '--force')));
      for (const out of atOnce) expect(out).toMatch(/, failed 0 /);
      rig.expectNoneBad();
    }, tinyPipeline);
  });
});

function asNobody(rig: Rig, ...words: string[]) {
  const [program, ...rest] = isRoot() ? ['setpriv', '--reuid=65534', '--clear-groups', ...words] : words;
  const env = { ...process.env, CI: 'true', XDG_CONFIG_HOME: rig.path('.config') };
  return spawnSync(program!, rest, { cwd: rig.folder, encoding: 'utf8', env });
}
