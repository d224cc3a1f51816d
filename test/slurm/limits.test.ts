import { expect } from 'vitest';
import { type ClusterBox, describeOnCluster } from './rig.js';

/** Points of a stage, and one that waits for all of them. */
const sweep = (name: string, points: number) => `name: ${name}
slurm: { cpus: 1 }
axes: { n: [${Array.from({ length: points }, (_, i) => i).join(', ')}] }
stages:
  point: { run: 'echo \${{ n }} > \${{ outputs.o }}', over: [n], outputs: { o: o.txt } }
  all: { run: 'cat \${{ inputs.o }} > \${{ outputs.o }}', inputs: { o: point }, outputs: { o: o.txt } }
`;
const onSlurm = ['run', 'p.yaml', '--executor', 'slurm', '--reporter', 'json'];
const numbers = (points: number) => Array.from({ length: points }, (_, i) => `${i}\n`).join('');

async function runSweep(box: ClusterBox, name: string, points: number, ...args: string[]): Promise<string> {
  box.write('p.yaml', sweep(name, points));
  const { code, out } = await box.run([...onSlurm, ...args]);
  expect(code, out).toBe(0);
  expect(out).not.toContain('E_SLURM');
  expect(box.read(`artifacts/${name}/all/o.txt`)).toBe(numbers(points));
  return out;
}

describeOnCluster(
  'limits',
  (test) => {
    test('of the cluster are waited for: arrays of 11 at most, and 20 jobs', async ({ box }) => {
      box.standIn('sbatch');
      const out = await runSweep(box, 'full', 30);
      expect(out).toMatch(/"message":"Slurm takes no more jobs for now: \d+ tasks are held back\. sbatch: Slurm temp/);
      const sizes = box.calls.map((call) => /--array=0-(\d+)/.exec(call)?.[1] ?? '0').map(Number);
      expect(Math.max(...sizes)).toBe(10);
    });

    test('of an account are waited for', async ({ box }) => {
      // By the words of older versions; on the real one in accounting.test.ts.
      box.standIn(
        'sbatch',
        `for word; do case $word in --array=*) at=\${word#--array=}; asked=$((\${at#*-} - \${at%-*} + 1));; esac; done
there=$(squeue --noheader --array | wc -l)
test $((asked + there)) -le 3 && exec $real "$@"
echo 'sbatch: error: AssocMaxSubmitJobLimit' >&2
echo "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)" >&2
exit 1`,
      );
      expect(await runSweep(box, 'account', 5)).toContain('takes no more jobs for now');
    });

    test('of the call are those of the run, and not of each array', async ({ box }) => {
      const note = (what: string) => `echo ${what} >> ${box.path('log')}`;
      const stage = (name: string) =>
        `{ run: '${note('+')}; sleep 0.3; ${note('-')}; echo ${name}\${{ n }} > \${{ outputs.o }}', over: [n], outputs: { o: o.txt } }`;
      box.write(
        'p.yaml',
        `name: jobs\nslurm: { cpus: 1 }\naxes: { n: [1, 2] }\nstages:\n  a: ${stage('a')}\n  b: ${stage('b')}\n`,
      );
      expect((await box.run([...onSlurm, '--jobs', '1'])).code).toBe(0);
      expect(box.read('log').trim().split('\n')).toEqual(['+', '-', '+', '-', '+', '-', '+', '-']);
    });
  },
  // Jobs that are over count until they are forgotten.
  ['MaxArraySize=11', 'MaxJobCount=20', 'MinJobAge=2'],
);
