import { expect } from 'vitest';
import { type ClusterBox, describeOnCluster } from './rig.js';

// A real Slurm whose nodes watch the memory of jobs without cgroups.

/** One that needs 500 MB. */
const large = (box: ClusterBox, memory: string) =>
  box.write(
    'p.yaml',
    `name: large
slurm: { cpus: 1 }
stages:
  a:
    run: node -e "const large = Buffer.alloc(5e8, 1); setTimeout(() => console.log(large.length), 4000)" > \${{ outputs.o }}
    outputs: { o: o.txt }
    resources: { memory: ${memory} }
`,
  );
const onSlurm = ['run', 'p.yaml', '--executor', 'slurm', '--reporter', 'json'];

describeOnCluster(
  'a job that its node kills for its memory',
  (test) => {
    test('says so', async ({ box }) => {
      large(box, '300MB');
      const { code, out } = await box.run(onSlurm);
      expect([code, out]).toEqual([
        1,
        expect.stringMatching(/"code":"E_SLURM_MEMORY","message":"Job \d+_0 ran out of memory/),
      ]);
    });

    test('is followed by one with more', async ({ box }) => {
      large(box, '[300MB, 1GB]');
      const { code, out } = await box.run(onSlurm);
      expect(code, out).toBe(0);
      expect(out).toMatch(/"event":"task-retry".*"code":"E_SLURM_MEMORY"/);
      expect(box.read('artifacts/large/a/o.txt')).toBe('500000000\n');
    });
  },
  ['JobAcctGatherType=jobacct_gather/linux', 'JobAcctGatherFrequency=1', 'JobAcctGatherParams=OverMemoryKill'],
);
