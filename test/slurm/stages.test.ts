import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { until } from '../e2e/program.js';
import { eventually } from './cluster.js';
import { type ClusterBox, describeOnCluster } from './rig.js';

// Stages that say for themselves how they become jobs, on a real Slurm.

const onSlurm = ['run', 'p.yaml', '--executor', 'slurm', '--reporter', 'json'];
const where = '${SLURM_ARRAY_JOB_ID:-here}_$SLURM_ARRAY_TASK_ID';

/** A download and a plot of this machine, and small tasks between, two a job: each writes where it ran. */
const sweep = (name: string, point = '') => `name: ${name}
slurm: { cpus: 1 }
axes: { n: [1, 2, 3, 4, 5] }
stages:
  fetch: { run: 'echo ${where} > \${{ outputs.o }}', outputs: { o: o.txt }, slurm: { local: true } }
  point:
    run: '${point}echo \${{ n }} ${where} > \${{ outputs.o }}'
    over: [n]
    inputs: { fetch: fetch }
    outputs: { o: o.txt }
    slurm: { group: 2 }
  next: { run: 'cat \${{ inputs.o }} > \${{ outputs.o }}', over: [n], inputs: { o: point }, outputs: { o: o.txt }, slurm: { group: 2 } }
  plot: { run: 'cat \${{ inputs.o }} > \${{ outputs.o }}; echo ${where} >> \${{ outputs.o }}', inputs: { o: next }, outputs: { o: o.txt }, slurm: { local: true } }
`;

async function events(box: ClusterBox, args: readonly string[] = onSlurm) {
  const { out, code } = await box.run(args);
  return {
    out,
    code,
    outcomes: Object.fromEntries(
      [...out.matchAll(/"event":"task","task":"([^"]+)","status":"(\w+)"/g)].map(([, task, status]) => [task, status]),
    ),
  };
}

// A node that is down: jobs for it are taken, and wait.
const withGpu = [
  'GresTypes=gpu',
  `NodeName=g1 NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=1 CPUs=8 RealMemory=4000 Gres=gpu:a100:2 Feature=amd,old State=DOWN`,
  'PartitionName=gpu Nodes=g1',
];

describeOnCluster(
  'a stage',
  (test) => {
    describe.concurrent('beside others', () => {
      test('asks for what it alone needs, beside what all ask for', async ({ box }) => {
        const gpus = 'resources: { gpus: a100:1, memory: 200MB, time: 90min, cpus: 2 }';
        const own = 'slurm: { partition: gpu, constraint: amd, extra: [--nice=7] }';
        box.write(
          'p.yaml',
          `name: gpus
slurm: { partition: main, extra: [--comment=all] }
stages:
  nap: { run: 'echo > \${{ outputs.o }}', outputs: { o: o.txt } }
  train: { run: 'echo > \${{ outputs.o }}', outputs: { o: o.txt }, ${gpus}, ${own} }
  named: { run: 'echo > \${{ outputs.o }}', outputs: { o: o.txt }, resources: { gpus: 2, gpu: a100 }, ${own} }
`,
        );
        const running = box.start(onSlurm);
        await until(() => running.out.includes('"task":"nap","status":"ran"'), 'the other one runs');
        await until(
          () => /"task":"train","message":"job \d+_0 waits: nodes that it needs are down/.test(running.out),
          'told',
        );
        const job = await box.cluster.job('gpus/train', 'PENDING');
        const show = async (job: string) =>
          (await box.cluster.slurm('scontrol', '--oneliner', '--all', 'show', 'job', job)).split(' ');
        const words = await show(job);
        const asked = [
          ...[
            'Partition=gpu',
            'Features=amd',
            'TresPerNode=gres:gpu:a100:1',
            'MinMemoryNode=191M',
            'TimeLimit=01:30:00',
          ],
          ...['CPUs/Task=2', 'Comment=all', 'Nice=7'],
        ];
        expect(words).toEqual(expect.arrayContaining(asked));
        const named = await box.cluster.job('gpus/named', 'PENDING');
        expect(await show(named)).toContain('TresPerNode=gres:gpu:a100:2');
        running.child.kill('SIGINT');
        await running.result;
        await box.cluster.slurm('scancel', job, named);
      });

      test('runs on this machine if it says so, and several of its tasks as one job', async ({ box }) => {
        box.standIn('sbatch');
        box.write('p.yaml', sweep('mixed'));
        const plan = await box.run(['plan', 'p.yaml', '--executor', 'slurm']);
        expect(plan.out).toContain('run    fetch (never run here), on this machine\n');
        expect(plan.out).toMatch(/ point@n=3 \(.*\), job 1_1\n/);
        expect(plan.out).toContain(
          `jobs of Slurm: 10 tasks as 6 jobs in 2 arrays; 2 on this machine
  array 1: point, 3 jobs of 2 tasks at most
  array 2: next, 3 jobs of 2 tasks at most, after the same of array 1
`,
        );
        expect(box.calls).toEqual([]);
        const { code, out } = await events(box);
        expect(code, out).toBe(0);
        expect(out).toContain('"message":"10 tasks are submitted after what runs on this machine is done."');
        expect(box.read('artifacts/mixed/fetch/o.txt')).toBe('here_\n');
        const lines = box.read('artifacts/mixed/plot/o.txt').trim().split('\n');
        expect(lines.map((line) => line.replace(/\d+(_\d)$/, '$1'))).toEqual([
          ...['1 _0', '2 _0', '3 _1', '4 _1', '5 _2'],
          'here_',
        ]);
        expect(box.calls.map((call) => /--array=\S+/.exec(call)![0])).toEqual(['--array=0-2', '--array=0-2']);
        expect((await events(box)).out).toContain('"ran":0,"cached":12');
      });

      test('loses one task of a job and none of the others', async ({ box }) => {
        box.write('p.yaml', sweep('part', 'test ${{ n }} != 3; '));
        const { code, outcomes } = await events(box, [...onSlurm, '--keep-going']);
        expect(code).toBe(1);
        const made = (stage: string) => [1, 2, 3, 4, 5].map((n) => outcomes[`${stage}@n=${n}`]);
        expect(made('point')).toEqual(['ran', 'ran', 'failed', 'ran', 'ran']);
        expect(made('next')).toEqual(['ran', 'ran', 'skipped', 'ran', 'ran']);
        expect(outcomes.plot).toBe('skipped');
        // Slurm has a success, whose output says what was none.
        const folder = box.path('artifacts/part/.slurm');
        const outputs = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
          name.endsWith('.out'),
        );
        expect(
          outputs
            .map((name) => readFileSync(join(folder, name), 'utf8'))
            .sort()
            .slice(-2),
        ).toEqual([
          'next@n=3 failed [E_SLURM_INPUT]: The task point@n=3, whose result it needs, has failed.\n',
          'point@n=3 failed [E_COMMAND]: The command failed with exit code 1.\n',
        ]);
      });

      test('tells its dependants of a task that failed in a job that goes on, though nobody watches', async ({
        box,
      }) => {
        const wait = `until test -e ${box.path('go')}; do sleep 0.2; done; test \${{ n }} -lt 3; `;
        const statuses = (state: string) => {
          const folder = box.path('artifacts/alone/.slurm');
          const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
            name.endsWith('.status'),
          );
          return files
            .map((name) => readFileSync(join(folder, name), 'utf8'))
            .filter((text) => text.includes(`"${state}"`));
        };
        box.write('p.yaml', sweep('alone', wait).replace('[1, 2, 3, 4, 5]', '[2, 3, 4, 5]'));
        const running = box.start(onSlurm);
        await until(() => running.out.includes('"event":"task-start","task":"point@n=2"'), 'it is seen to begin');
        running.child.kill('SIGKILL');
        await running.result;
        box.write('go', '');
        await until(
          () => statuses('failed').some((text) => text.includes('point@n=3, whose result')),
          'it is told',
          100,
        );
        // Of the job that had a task succeed, both dependants have begun; those of one that had none never do.
        const isOver = async () => !(await box.cluster.queue()).some((line) => line.includes(' alone/'));
        await eventually(isOver, 'its jobs are over');
        expect(statuses('done')).toHaveLength(2);
        expect(statuses('failed')).toHaveLength(4);
        expect(statuses('failed').join()).not.toContain('is not in the store');
        const ended = await box.cluster.slurm('squeue', '--noheader', '--array', '--states=all', '--format=%j %K %T');
        const points = ended.split('\n').filter((line) => line.startsWith('alone/point'));
        expect(points.sort()).toEqual(['alone/point 0 COMPLETED', 'alone/point 1 FAILED']);
      });

      test('gives a task of a job that was killed for its memory one with more', async ({ box }) => {
        // This cluster has no cgroups: Slurm's word for it is put in, as long as it is the first time.
        const [first, second] = [box.path('first'), box.path('second')];
        box.standIn(
          'squeue',
          `test -e ${second} && exec $real "$@"; $real "$@" | sed "s/|COMPLETED|/|OUT_OF_MEMORY|/"`,
        );
        box.standIn('sbatch');
        const kill = `if test \${{ n }} = 1; then if test -e ${first}; then echo > ${second}; else echo > ${first}; kill -9 $$; fi; fi; `;
        box.write(
          'p.yaml',
          `name: large
slurm: { cpus: 1 }
axes: { n: [1, 2] }
stages:
  point:
    run: '${kill}echo \${{ n }} > \${{ outputs.o }}'
    over: [n]
    outputs: { o: o.txt }
    slurm: { group: 2 }
    resources: { memory: [100MB, 200MB] }
  next: { run: 'cat \${{ inputs.o }} > \${{ outputs.o }}', inputs: { o: point }, outputs: { o: o.txt } }
`,
        );
        const { code, out } = await events(box);
        expect(code, out).toBe(0);
        expect(out).toContain('"code":"E_SLURM_MEMORY"');
        expect(box.read('artifacts/large/next/o.txt')).toBe('1\n2\n');
        const memory = box.calls.flatMap((call) => /--job-name=large\/point .*(--mem=\w+)/.exec(call)?.[1] ?? []);
        expect(memory).toEqual(['--mem=96M', '--mem=191M']);
      });

      test('has jobs of several tasks adopted', async ({ box }) => {
        const nap = `echo \${{ n }} >> ${box.path('ran')}; until test -e ${box.path('go')}; do sleep 0.2; done; `;
        box.write('p.yaml', sweep('taken', nap));
        const first = box.start(onSlurm);
        await until(() => first.out.includes('"event":"task-start","task":"point@n=3"'), 'it is seen to begin');
        first.child.kill('SIGKILL');
        const second = box.start(onSlurm);
        await until(() => second.out.includes('"event":"task-start","task":"point@n=3"'), 'the next run finds it');
        box.write('go', '');
        expect((await second.result).code, second.out).toBe(0);
        expect(box.read('ran').trim().split('\n').sort()).toEqual(['1', '2', '3', '4', '5']);
      });

      test('that ran here ends with Ctrl-C, while jobs go on', async ({ box }) => {
        box.write(
          'p.yaml',
          `name: both
slurm: { cpus: 1 }
stages:
  job: { run: 'until test -e ${box.path('go')}; do sleep 0.2; done; echo > \${{ outputs.o }}', outputs: { o: o.txt } }
  here: { run: 'echo $$ > ${box.path('pid')}; exec sleep 600', outputs: { o: o.txt }, slurm: { local: true } }
`,
        );
        const running = box.start(['run', 'p.yaml', '--executor', 'slurm']);
        await box.cluster.job('both/job', 'RUNNING');
        const pid = await box.pid('pid');
        running.child.kill('SIGINT');
        const { code, out } = await running.result;
        expect([code, out]).toEqual([130, expect.stringContaining('Slurm continues with one job.')]);
        expect(() => process.kill(pid, 0)).toThrow('ESRCH');
        // The job writes its result into the folder that is removed behind the test: it ends first.
        box.write('go', '');
        expect((await box.run(['run', 'p.yaml', 'job', '--executor', 'slurm'])).code).toBe(0);
      });
    });
  },
  withGpu,
);
