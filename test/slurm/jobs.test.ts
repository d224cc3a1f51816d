import { existsSync, readdirSync, rmSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { slurmCommands } from '../../src/run/slurm/command.js';
import { slurmJobs } from '../../src/run/slurm/own-job.js';
import { until } from '../e2e/program.js';
import { eventually } from './cluster.js';
import { type ClusterBox, describeOnCluster } from './rig.js';

/** Every task notes that it ran; `slow` waits for a file. */
const pipeline = (box: ClusterBox, name: string) => `name: ${name}
axes: { n: [1, 2] }
slurm: { cpus: 1 }
stages:
  first: { run: 'echo first >> ${box.path('ran')}; echo 1 > \${{ outputs.o }}', outputs: { o: o.txt } }
  slow:
    run: 'echo slow\${{ n }} >> ${box.path('ran')}; until test -e ${box.path('go')}; do sleep 0.2; done; echo \${{ n }} > \${{ outputs.o }}'
    over: [n]
    inputs: { first: first }
    outputs: { o: o.txt }
  last:
    run: 'echo last >> ${box.path('ran')}; cat \${{ inputs.slow }} > \${{ outputs.o }}'
    inputs: { slow: slow }
    outputs: { o: o.txt }
`;
const ran = (box: ClusterBox) => (box.has('ran') ? box.read('ran').trim().split('\n').sort() : []);
const once = ['first', 'last', 'slow1', 'slow2'];
const allCached = { first: 'cached', 'slow@n=1': 'cached', 'slow@n=2': 'cached', last: 'cached' };

const onSlurm = ['run', 'p.yaml', '--executor', 'slurm', '--reporter', 'json'];

/** Starts a run; resolves when all of its jobs are submitted and the slow ones run. */
async function submitted(box: ClusterBox, name: string, args = onSlurm) {
  box.write('p.yaml', pipeline(box, name));
  const running = box.start(args);
  await box.cluster.job(`${name}/last`, 'PENDING');
  await until(() => ran(box).length === 3, 'the slow ones run');
  return running;
}

/** A training in small: an epoch a second, each kept. The result does not depend on how often it was broken off. */
const training = `import { appendFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'training', summary: 'Counts', parameters: Type.Object({ epochs: Type.Integer() }), inputs: {},
  outputs: { epochs: { description: 'The epochs', path: 'epochs.txt' } },
  async run({ parameters: { epochs }, outputs, resume, pipelineFolder, signal, progress }) {
    const saved = await resume.load();
    const done: number[] = saved === undefined ? [] : JSON.parse(Buffer.from(saved).toString());
    while (done.length < epochs) {
      await sleep(1000, undefined, { signal });
      done.push(done.length + 1);
      appendFileSync(pipelineFolder + '/epochs', done.length + ' ');
      progress({ done: done.length, total: epochs, unit: 'epochs' });
      await resume.save(Buffer.from(JSON.stringify(done)));
    }
    writeFileSync(outputs.epochs!, done.join(' '));
  },
});
`;
const late = `name: late
slurm: { cpus: 1 }
stages:
  train: { uses: ./training.ts, with: { epochs: 50 }, resources: { time: 1min } }
`;
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1).join(' ');

const lastStage = `import { writeFileSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'last', summary: 'Last', parameters: Type.Object({}), inputs: { slow: { description: 'Slow', list: true } },
  outputs: { o: { description: 'A text', path: 'o.txt' } },
  async run({ outputs }) { writeFileSync(outputs.o!, 'last'); },
});
`;

describeOnCluster('jobs', (test) => {
  describe.concurrent('beside each other', () => {
    test('end though their submitter was killed, and the next run takes their results', async ({ box }) => {
      const running = await submitted(box, 'killed');
      running.child.kill('SIGKILL');
      await running.result;
      box.write('go', '');
      await eventually(async () => !(await box.cluster.queue()).some((line) => line.includes('killed/')), 'all end');
      expect(ran(box)).toEqual(once);
      expect(box.read('artifacts/killed/last/o.txt')).toBe('1\n2\n');
      expect(await box.outcomes(['p.yaml', '--executor', 'slurm'])).toEqual(allCached);
      expect(ran(box)).toEqual(once);
    });

    test('of a submitter that was killed are watched by the next run, which submits none twice', async ({ box }) => {
      const first = await submitted(box, 'again');
      first.child.kill('SIGKILL');
      await first.result;
      const second = box.start(onSlurm);
      await until(() => second.out.includes('"event":"task-start","task":"slow@n=2"'), 'it watches them');
      box.write('go', '');
      expect((await second.result).code).toBe(0);
      expect(second.out).toContain('"task":"last","status":"ran"');
      const arrays = readdirSync(box.path('artifacts/again/.slurm')).filter((name) => name !== 'keys');
      expect(arrays).toHaveLength(3);
      expect(ran(box)).toEqual(once);
    });

    test('go on after Ctrl-C where nobody can be asked', async ({ box }) => {
      const running = await submitted(box, 'left', ['run', 'p.yaml', '--executor', 'slurm']);
      await until(() => running.out.includes('start   slow@n=2'), 'it has seen them begin');
      running.child.kill('SIGINT');
      const { code, out } = await running.result;
      expect(code).toBe(130);
      expect(out).toContain(
        'Slurm continues with 3 jobs. Watch it again with: npx spikeline run p.yaml --executor slurm\n',
      );
      expect(out).toMatch(/\nCancel with: scancel \d+ \d+_0\n$/);
      box.write('go', '');
      expect((await box.run(onSlurm)).code).toBe(0);
      expect(ran(box)).toEqual(once);
    });

    test('that are cancelled are submitted again, with what waited for them', async ({ box }) => {
      const running = await submitted(box, 'cancelled');
      const job = await box.cluster.job('cancelled/slow', 'RUNNING');
      await box.cluster.slurm('scancel', job);
      await until(() => running.out.includes(`"message":"Job ${job} was cancelled."`), 'it is noticed');
      box.write('go', '');
      expect((await running.result).code).toBe(0);
      expect(running.out).toContain('"code":"E_SLURM_CANCELLED"');
      expect(box.read('artifacts/cancelled/last/o.txt')).toBe('1\n2\n');
    });

    test('whose command ends before they hear of it are cancelled all the same', async ({ box }) => {
      const nap = `echo $$ > ${box.path('pid')}; test -e ${box.path('go')} || sleep 600; echo 1 > \${{ outputs.o }}`;
      box.write('p.yaml', `name: first\nstages:\n  nap: { run: '${nap}', outputs: { o: o.txt } }\n`);
      const attempt = async () => {
        for (const name of ['pid', 'go']) rmSync(box.path(name), { force: true });
        const running = box.start(onSlurm);
        const job = await box.cluster.job('first/nap', 'RUNNING');
        const pid = await box.pid('pid');
        // Slurm signals the processes of a job one after the other, beginning with the last that was started.
        box.write('go', '');
        process.kill(pid, 'SIGTERM');
        await box.cluster.slurm('scancel', job);
        return { ...(await running.result), job };
      };
      let { code, out, job } = await attempt();
      // A Slurm that has no processor to itself may need longer than any job waits for it.
      for (let more = 2; code !== 0 && more > 0; more--) ({ code, out, job } = await attempt());
      expect(code, out).toBe(0);
      expect(out).toContain(`"message":"Job ${job} was cancelled."`);
    });

    test('that are cancelled twice are taken for unwanted', async ({ box }) => {
      box.write('p.yaml', `name: unwanted\nstages:\n  nap: { run: 'sleep 600', outputs: { o: o.txt } }\n`);
      const running = box.start(onSlurm);
      for (let round = 0; round < 2; round++) {
        const job = await box.cluster.job('unwanted/nap', 'RUNNING');
        await box.cluster.slurm('scancel', job);
        await until(() => running.out.includes(`Job ${job} was cancelled`), 'it is noticed');
      }
      expect((await running.result).code).toBe(1);
      expect(running.out).toContain('"status":"failed"');
    });

    test('put back into the queue by Slurm are told from others, and run again', async ({ box }) => {
      const running = await submitted(box, 'requeued');
      const job = await box.cluster.job('requeued/slow', 'RUNNING');
      await until(() => running.out.includes('"event":"task-start","task":"slow@n=2"'), 'it has seen them begin');
      await box.cluster.slurm('scontrol', 'requeue', job);
      await until(() => running.out.includes('"code":"E_SLURM_REQUEUED"'), 'it is noticed');
      // Slurm sets its time anew when the last process of its first start is gone, and plans nothing that is always asked for.
      await eventually(async () => {
        await box.cluster.slurm('scontrol', 'update', `JobId=${job}`, 'StartTime=now');
        return until(() => ran(box).length === 4, 'it runs', 15).then(() => true);
      }, 'it begins again');
      box.write('go', '');
      expect((await running.result).code).toBe(0);
      expect(box.read('artifacts/requeued/last/o.txt')).toBe('1\n2\n');
    });

    test('go on from a checkpoint when their time is up', async ({ box }) => {
      box.write('p.yaml', late);
      box.write('training.ts', training);
      const { code, out } = await box.run(onSlurm);
      expect(code, out).toBe(0);
      expect(out).toContain('"code":"E_SLURM_TIMEOUT"');
      expect(box.read('artifacts/late/train/epochs.txt')).toBe(upTo(50));
      // Each epoch once, but for one that was not kept when its job ended.
      expect(box.read('epochs').trim().split(' ').length).toBeLessThanOrEqual(54);
    });

    test('without a checkpoint fail when their time is up', async ({ box }) => {
      const nap = "{ run: 'sleep 600', outputs: { o: o.txt }, resources: { time: 1min } }";
      box.write('p.yaml', `name: long\nstages:\n  nap: ${nap}\n`);
      const { code, out } = await box.run(['run', 'p.yaml', '--executor', 'slurm']);
      expect(code).toBe(1);
      expect(out).toMatch(/nap failed \[E_SLURM_TIMEOUT\]\n {2}Job \d+_0 exceeded its time limit, with no checkpoint/);
      expect(out).toContain('  hint: Give it more with `resources: { time: … }`.');
    });

    test('run as they were submitted, or not at all', async ({ box }) => {
      const text = pipeline(box, 'changed');
      box.write('last.ts', lastStage);
      box.write(
        'p.yaml',
        `${text.slice(0, text.indexOf('  last:'))}  last: { uses: ./last.ts, inputs: { slow: slow } }\n`,
      );
      const running = box.start(onSlurm);
      await box.cluster.job('changed/last', 'PENDING');
      box.write('last.ts', lastStage.replace("'last')", "'other')"));
      box.write('go', '');
      expect((await running.result).code).toBe(1);
      expect(running.out).toContain('"code":"E_SLURM_CHANGED"');
      expect(running.out).toContain('code of stage last changed: last.ts');
      expect(await box.outcomes(['p.yaml', '--executor', 'slurm'])).toMatchObject({
        'slow@n=1': 'cached',
        last: 'ran',
      });
      expect(box.read('artifacts/changed/last/o.txt')).toBe('other');
    });

    test('give their results to a remote cache, for others to take', async ({ box }) => {
      box.write('p.yaml', pipeline(box, 'shared'));
      box.write('go', '');
      const env = { SPIKELINE_REMOTE: `file:${box.path('remote')}` };
      expect((await box.run(onSlurm, env)).code).toBe(0);
      const { code, out } = await box.run([...onSlurm, '--artifacts', 'other'], env);
      expect([code, out]).toEqual([0, expect.stringContaining('"ran":0,"cached":4')]);
      expect(ran(box)).toEqual(once);
    });

    test('that Slurm does not take fail in its own words', async ({ box }) => {
      box.write('p.yaml', `${pipeline(box, 'refused').replace('cpus: 1', 'partition: nowhere')}`);
      const { code, out } = await box.run(['run', 'p.yaml', '--executor', 'slurm']);
      expect(code).toBe(1);
      expect(out).toContain('failed [E_SLURM_SUBMIT]\n  Slurm does not take its job. sbatch: ');
      expect(out).toContain('invalid partition specified: nowhere');
    });

    test('go where the configuration of the user says', async ({ box }) => {
      box.write('config/spikeline/config.yaml', 'slurm: { partition: nowhere, cpus: 1 }\n');
      box.write('p.yaml', pipeline(box, 'configured').replace('slurm: { cpus: 1 }\n', ''));
      const { out } = await box.run(['run', 'p.yaml', '--executor', 'slurm']);
      expect(out).toContain('invalid partition specified: nowhere');
      box.write('config/spikeline/config.yaml', 'slurm: { partitoin: main }\n');
      const { code, err } = await box.run(['run', 'p.yaml', '--executor', 'slurm']);
      expect([code, err]).toEqual([2, expect.stringContaining('did you mean "partition"?')]);
    });
  });

  test('survive a new start of the controller, and a node that is drained', async ({ box }) => {
    const running = await submitted(box, 'trouble');
    await box.cluster.slurm('scontrol', 'update', 'NodeName=n1', 'State=DRAIN', 'Reason=test');
    await box.cluster.stopController();
    box.write('go', '');
    await until(() => existsSync(box.path('artifacts/trouble/slow/2/o.txt')), 'jobs end without it');
    await until(() => /"message":"Slurm: no answer since \d\d:\d\d:\d\d \(/.test(running.out), 'it says so');
    for (const n of [1, 2])
      await until(
        () => running.out.includes(`"task":"slow@n=${n}","status":"ran"`),
        'what they say themselves is read',
      );
    await box.cluster.startController();
    const { code, out } = await running.result;
    expect(out).toContain('"message":"Slurm answers again');
    await box.cluster.slurm('scontrol', 'update', 'NodeName=n1', 'State=RESUME');
    expect(code, out).toBe(0);
    expect(ran(box)).toEqual(once);
  });

  test('hold locks that are free once Slurm knows them to be over', async ({ box }) => {
    Object.assign(process.env, box.cluster.env);
    const { stateOf } = slurmJobs({});
    const job = await box.cluster.slurm('sbatch', '--parsable', '--array=3', '--output=/dev/null', '--wrap=sleep 600');
    await eventually(async () => (await stateOf(`slurm-${job}_3.0`)) === 'alive', 'it runs');
    expect(await stateOf(`slurm-${job}_3.1`)).toBe('dead');
    expect(await stateOf('slurm-999999.0')).toBe('dead');
    await slurmCommands.cancel([`${Number(job)}_3`]);
    await eventually(async () => (await stateOf(`slurm-${job}_3.0`)) === 'dead', 'it is over');
    await box.cluster.stopController();
    expect(await stateOf(`slurm-${job}_3.0`)).toBe('unknown');
    await box.cluster.startController();
  });
});
