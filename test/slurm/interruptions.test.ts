import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { until } from '../e2e/program.js';
import { eventually } from './cluster.js';
import { type ClusterBox, describeOnCluster } from './rig.js';

// What Slurm does to jobs that run, on a real one. Its partition `high` takes nodes from `main`.

const onSlurm = ['run', 'p.yaml', '--executor', 'slurm', '--reporter', 'json'];
const nap = (box: ClusterBox, name: string, extra = '') => `name: ${name}
slurm: { cpus: 1${extra} }
stages:
  nap: { run: 'until test -e ${box.path('go')}; do sleep 0.2; done; echo > \${{ outputs.o }}', outputs: { o: o.txt } }
`;

// What nodes do before a job: on n1 it fails as long as there is a file.
const site = mkdtempSync(join(tmpdir(), 'spikeline-site-'));
afterAll(() => rmSync(site, { recursive: true }));
const [prolog, failing] = [join(site, 'prolog'), join(site, 'failing')];
writeFileSync(prolog, `#!/bin/sh\ntest "$SLURMD_NODENAME" != n1 || test ! -e ${failing}\n`, { mode: 0o755 });

/** Starts a run; resolves to it and its job, once that is seen to run. */
async function begun(box: ClusterBox, name: string, extra = '') {
  box.write('p.yaml', nap(box, name, extra));
  const running = box.start(onSlurm);
  const job = await box.cluster.job(`${name}/nap`, 'RUNNING');
  await until(() => running.out.includes('"event":"task-start"'), 'it is seen to begin');
  return { running, job };
}

/** Lets a job that was put back begin at once: Slurm leaves it two minutes. */
const beginAgain = (box: ClusterBox, job: string) =>
  eventually(() => box.cluster.slurm('scontrol', 'update', `JobId=${job}`, 'StartTime=now').then(() => true), 'it may');

describeOnCluster(
  'jobs that run',
  (test) => {
    test('and have to make way for others are told from others, and run again', async ({ box }) => {
      const { running, job } = await begun(box, 'preempted', ", extra: ['--nodelist=n1', --exclusive]");
      const other = ['--partition=high', '--nodelist=n1', '--exclusive', '--output=/dev/null', '--wrap=sleep 600'];
      const high = await box.cluster.slurm('sbatch', '--parsable', ...other);
      await until(() => running.out.includes('"code":"E_SLURM_PREEMPTED"'), 'it is told');
      expect(running.out).toContain('was put back into the queue by Slurm: on n1 it was preempted by another one.');
      await box.cluster.slurm('scancel', high);
      await beginAgain(box, job);
      box.write('go', '');
      expect((await running.result).code, running.out).toBe(0);
    });

    test('on a node that fails are told from others, and run again', async ({ box }) => {
      const { running, job } = await begun(box, 'failing', ", extra: ['--nodelist=n2']");
      await box.cluster.slurm('scontrol', 'update', 'NodeName=n2', 'State=DOWN', 'Reason=test');
      await until(() => running.out.includes('"code":"E_SLURM_NODE"'), 'it is told');
      expect(running.out).toContain('was put back into the queue by Slurm: its node n2 failed.');
      await eventually(
        async () => (await box.cluster.slurm('sinfo', '-N', '-h', '-n', 'n2', '-o', '%T')).includes('idle'),
        'the node is back',
      );
      await beginAgain(box, job);
      box.write('go', '');
      expect((await running.result).code, running.out).toBe(0);
    });

    test('and whose node could not prepare for them say so, and can be let go on', async ({ box }) => {
      writeFileSync(failing, '');
      box.write('p.yaml', nap(box, 'unprepared', ", extra: ['--nodelist=n1']"));
      const running = box.start(onSlurm);
      await until(() => running.out.includes('(launch failed requeued held)'), 'it is told');
      expect(running.out).toMatch(
        /"task":"nap","message":"job \d+_0 waits: its start failed on a node, and Slurm holds it/,
      );
      rmSync(failing);
      const job = await box.cluster.job('unprepared/nap', 'PENDING');
      // Slurm has taken the node out of service.
      await box.cluster.slurm('scontrol', 'update', 'NodeName=n1', 'State=RESUME');
      await box.cluster.slurm('scontrol', 'release', job);
      await beginAgain(box, job);
      box.write('go', '');
      expect((await running.result).code, running.out).toBe(0);
    });

    test('and are cancelled and forgotten while nobody watches were cancelled, by the word of their node', async ({
      box,
    }) => {
      const { running, job } = await begun(box, 'forgotten');
      running.child.kill('SIGSTOP');
      await box.cluster.slurm('scancel', job);
      await box.cluster.forgets(job);
      running.child.kill('SIGCONT');
      await until(() => running.out.includes(`"message":"Job ${job} was cancelled."`), 'it is told');
      box.write('go', '');
      expect((await running.result).code, running.out).toBe(0);
    });

    test('and are suspended say so, and that they go on', async ({ box }) => {
      const { running, job } = await begun(box, 'suspended');
      await box.cluster.slurm('scontrol', 'suspend', job);
      await until(() => running.out.includes(`job ${job} is suspended, and goes on when Slurm lets it`), 'it is told');
      await box.cluster.slurm('scontrol', 'resume', job);
      await until(() => running.out.includes(`job ${job} goes on`), 'it goes on');
      box.write('go', '');
      expect((await running.result).code, running.out).toBe(0);
    });
  },
  [
    ...['PreemptType=preempt/partition_prio', 'PreemptMode=REQUEUE', 'PartitionName=high Nodes=ALL PriorityTier=10'],
    `Prolog=${prolog}`,
    'MinJobAge=2',
  ],
);
