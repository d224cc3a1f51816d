import { userInfo } from 'node:os';
import { expect } from 'vitest';
import { until } from '../e2e/program.js';
import { type ClusterBox, describeOnCluster } from './rig.js';

// A real Slurm with its database of accounts: limits of accounts, what it has of jobs that are over, and the name of a cluster.

const onSlurm = ['run', 'p.yaml', '--executor', 'slurm', '--reporter', 'json'];
const sweep = (name: string, points: number, settings: string) => `name: ${name}
slurm: { cpus: 1, ${settings} }
axes: { n: [${Array.from({ length: points }, (_, i) => i).join(', ')}] }
stages:
  point: { run: 'echo \${{ n }} > \${{ outputs.o }}', over: [n], outputs: { o: o.txt } }
  all: { run: 'cat \${{ inputs.o }} > \${{ outputs.o }}', inputs: { o: point }, outputs: { o: o.txt } }
`;
const nap = (box: ClusterBox, name: string, settings: string) => `name: ${name}
slurm: { cpus: 1, ${settings} }
stages:
  nap: { run: 'until test -e ${box.path('go')}; do sleep 0.2; done; echo > \${{ outputs.o }}', outputs: { o: o.txt } }
`;

const user = userInfo().username;

describeOnCluster(
  'with accounting',
  (test) => {
    test.for([
      ['an account', 'account: few', 'AssocMaxSubmitJobLimit'],
      ['a quality of service', 'account: lab, qos: small', 'QOSMaxSubmitJobPerUserLimit'],
    ] as const)('limits of %s are waited for', async ([, settings, word], { box }) => {
      const name = settings.replaceAll(/\W+/g, '-');
      box.write('p.yaml', sweep(name, 6, settings));
      const { code, out } = await box.run(onSlurm);
      expect(code, out).toBe(0);
      expect(out).toMatch(new RegExp(`"Slurm takes no more jobs for now: \\d+ tasks are held back\\. sbatch: ${word}`));
      expect(box.read(`artifacts/${name}/all/o.txt`)).toBe('0\n1\n2\n3\n4\n5\n');
    });

    test('an account that there is not is refused', async ({ box }) => {
      box.write('p.yaml', sweep('nobody', 1, 'account: nobody'));
      const { code, out } = await box.run(onSlurm);
      expect(code).toBe(1);
      expect(out).toContain('"code":"E_SLURM_SUBMIT"');
      expect(out).toContain('Invalid account or account/partition combination specified');
    });

    test('it is known of a job that the controller has forgotten how it ended', async ({ box }) => {
      box.write('p.yaml', nap(box, 'forgotten', 'account: lab'));
      const running = box.start(onSlurm);
      await until(() => running.out.includes('"event":"task-start"'), 'it is seen to begin');
      const job = await box.cluster.job('forgotten/nap', 'RUNNING');
      // A submitter that sleeps, as a laptop does.
      running.child.kill('SIGSTOP');
      await box.cluster.slurm('scancel', job);
      await box.cluster.forgets(job);
      running.child.kill('SIGCONT');
      await until(() => running.out.includes(`"message":"Job ${job} was cancelled."`), 'it is told');
      box.write('go', '');
      expect((await running.result).code, running.out).toBe(0);
    });

    test('jobs are followed on a cluster that is named', async ({ box }) => {
      for (const program of ['sbatch', 'squeue', 'scancel', 'scontrol']) box.standIn(program);
      box.write('p.yaml', nap(box, 'named', "account: lab, extra: ['--clusters=spikeline']"));
      const first = box.start(onSlurm);
      await until(() => first.out.includes('"event":"task-start"'), 'it is seen to begin');
      const later = box.calls.slice(box.calls.findIndex((call) => call.startsWith('sbatch')));
      expect(later.filter((call) => !call.includes('--clusters=spikeline'))).toEqual([]);
      first.child.kill('SIGKILL');
      const running = box.start(onSlurm);
      await until(() => running.out.includes('"event":"task-start"'), 'the next run finds it');
      await box.cluster.slurm('scancel', await box.cluster.job('named/nap', 'RUNNING'));
      await until(() => running.out.includes('"code":"E_SLURM_CANCELLED"'), 'it is told');
      box.write('go', '');
      expect((await running.result).code, running.out).toBe(0);
    });
  },
  ['MinJobAge=2'],
  [
    'add account lab',
    'add account few',
    'add qos small MaxSubmitJobsPerUser=3',
    `add user ${user} account=lab`,
    `add user ${user} account=few MaxSubmitJobs=3`,
    `modify user ${user} where account=lab set qos+=small`,
  ],
);
