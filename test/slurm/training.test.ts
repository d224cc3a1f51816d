import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { SlurmFiles } from '../../src/run/slurm/files.js';
import { Store } from '../../src/store/store.js';
import type { TaskId } from '../../src/values.js';
import { until } from '../e2e/program.js';
import { type ClusterBox, describeOnCluster } from './rig.js';

const lenet = join(packageRoot, 'pipelines/lenet-fashion.yaml');
const minutes = 60_000;

/** Digests of the outputs of each task, and its metrics. */
async function resultsIn(box: ClusterBox, folder: string, pipeline: string, tasks: readonly string[]) {
  const store = Store.open(box.path(folder));
  const results: Record<string, unknown> = {};
  for (const task of tasks) {
    const key = store.published(pipeline).latestKey(task as TaskId);
    const record = key === undefined ? undefined : await store.record(key);
    results[task] = record && { key, outputs: record.outputs, metrics: record.metrics };
  }
  return results;
}

/** How far a job is, by its own word; undefined before it has begun. */
function stateOf(box: ClusterBox, folder: string, pipeline: string, job: string) {
  const files = new SlurmFiles(Store.open(box.path(folder)), pipeline);
  const [array, index] = job.split('_').map(Number);
  const id = files.ids().find((one) => files.arrayOf(one)?.array === array);
  return id === undefined ? undefined : files.readStatus(id, index!)?.state;
}

/**
 * A job of a stage that has begun, stands still and is not done: whatever is done to it next is done in time, however fast it is.
 *
 * @param folder the artifacts folder, below the box
 */
async function heldJob(box: ClusterBox, folder: string, pipeline: string, stage: string): Promise<string> {
  const control = (verb: string, job: string) =>
    box.cluster.slurm('scontrol', verb, job).then(
      () => true,
      // It is over.
      () => false,
    );
  for (;;) {
    const job = await box.cluster.job(`${pipeline}/${stage}`, 'RUNNING', 600);
    // One that is cancelled before, and forgotten by the controller, is lost, and not cancelled.
    await until(() => stateOf(box, folder, pipeline, job) !== undefined, 'it says that it has begun', 600);
    if (await control('suspend', job)) {
      if (stateOf(box, folder, pipeline, job) !== 'done') return job;
      await control('resume', job);
    }
  }
}

describeOnCluster(
  'trainings',
  (test) => {
    test('of the paper give the same bytes as on this machine, whatever happens to the cluster', {
      timeout: 20 * minutes,
    }, async ({ box }) => {
      const { cluster } = box;
      // The other precisions are trained in test/long.
      const precisions = '--set=precision=[fp32, { k: 0, B: 1 }, { k: 1, B: 2 }]';
      const smoke = [lenet, '--profile', 'smoke', precisions, '--set=subset={ train: 2000, test: 500 }'];
      const local = await box.outcomes([...smoke, '--artifacts', 'local']);
      const tasks = Object.keys(local);
      expect(local).toEqual(Object.fromEntries(tasks.map((task) => [task, 'ran'])));
      expect(tasks).toHaveLength(25);

      // One job a node, so that the two share this machine's cores as they would their own.
      box.write('config/spikeline/config.yaml', 'slurm: { cpus: 8 }\n');
      const running = box.start([
        'run',
        ...smoke,
        '--artifacts',
        'shared',
        '--executor',
        'slurm',
        '--reporter',
        'json',
      ]);
      // One that has trained, and only puts its result away, does so before it ends: then another one.
      for (let isLost = false; !isLost; ) {
        const job = await heldJob(box, 'shared', 'lenet-fashion', 'train');
        await cluster.slurm('scancel', job);
        // A node kills what stands still without a word of why. If the controller has forgotten the job before it is asked, nobody
        // knows more than that it is over.
        const wasLost = () =>
          ['was cancelled.', 'is over,'].some((words) => running.out.includes(`"message":"Job ${job} ${words}`));
        await until(() => wasLost() || stateOf(box, 'shared', 'lenet-fashion', job) === 'done', 'it ends', 600);
        isLost = wasLost();
      }
      await cluster.slurm('scontrol', 'update', 'NodeName=n1', 'State=DRAIN', 'Reason=test');
      await until(() => /"task":"train@[^"]*","status":"ran"/.test(running.out), 'a training is done', 600);
      await cluster.slurm('scontrol', 'update', 'NodeName=n1', 'State=RESUME');
      await cluster.stopController();
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await cluster.startController();

      const { code, out, err } = await running.result;
      expect({ code, err }, out).toEqual({ code: 0, err: '' });
      const results = await resultsIn(box, 'shared', 'lenet-fashion', tasks);
      expect(results).toEqual(await resultsIn(box, 'local', 'lenet-fashion', tasks));
      const check = await box.run(['check', ...smoke, '--artifacts', 'shared']);
      expect([check.code, check.out]).toEqual([0, expect.stringMatching(/(\d+) of \1 met/)]);
    });

    describe('that are told that their time is up', () => {
      // Long enough that nobody misses all that is left of it after its first checkpoint.
      const pipeline = `name: warned
stages:
  data: { uses: dataset, with: { name: fashion-mnist-sample, subset: { train: 1000, test: 200 } } }
  train: { uses: train, inputs: { data: data }, with: { network: lenet, k: 1, B: 2, epochs: 20, batch: 50 } }
`;

      test('go on from their checkpoint in another job, to the same bytes', { timeout: 20 * minutes }, async ({
        box,
      }) => {
        box.write('w.yaml', pipeline);
        await box.outcomes(['w.yaml', '--artifacts', 'local']);
        const args = ['run', 'w.yaml', '--artifacts', 'shared', '--executor', 'slurm', '--reporter', 'json'];
        const running = box.start(args);
        const job = await box.cluster.job('warned/train', 'RUNNING', 300);
        const store = Store.open(box.path('shared'));
        await until(() => store.resumable().length > 0, 'an epoch is done', 300);
        // What Slurm sends a while before the end of a job.
        await box.cluster.slurm('scancel', '--signal=USR2', '--batch', job);
        const { code, out } = await running.result;
        expect(code, out).toBe(0);
        expect(out).toContain('"code":"E_SLURM_TIMEOUT"');
        expect((await box.run(['log', 'w.yaml', 'train', '--artifacts', 'shared'])).out).toMatch(
          /^resuming after epoch \d+,/,
        );
        const tasks = ['data', 'train'];
        const results = await resultsIn(box, 'shared', 'warned', tasks);
        expect(results).toEqual(await resultsIn(box, 'local', 'warned', tasks));
      });
    });
  },
  // A cluster that has no room for all of it. Jobs that are over count until they are forgotten.
  ['MaxArraySize=11', 'MaxJobCount=10', 'MinJobAge=2'],
);
