import { rmSync } from 'node:fs';
import { describe, expect } from 'vitest';
import type { Sandbox, test as sandboxTest } from '../e2e/program.js';

/** A graph with axes that pair up, a list, metrics, a file of the user's, and a stage of the user's with progress. */
const graph = `name: graph
axes: { n: [1, 2, 3] }
slurm: { cpus: 1 }
stages:
  seed: { run: 'cat \${{ inputs.file }} > \${{ outputs.o }}', inputs: { file: { file: seed.txt } }, outputs: { o: o.txt } }
  a:
    run: 'cat \${{ inputs.seed }} > \${{ outputs.o }}; echo \${{ n }} >> \${{ outputs.o }}'
    over: [n]
    inputs: { seed: seed }
    outputs: { o: o.txt }
  b: { uses: ./count.ts, over: [n], inputs: { a: a }, with: { to: '\${{ n }}' } }
  all:
    run: 'cat \${{ inputs.b }} > \${{ outputs.o }}; echo "{\\"sum\\": 6}" > \${{ outputs.metrics }}'
    inputs: { b: b }
    outputs: { o: o.txt, metrics: metrics.json }
`;

const count = `import { readFileSync, writeFileSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'count', summary: 'Counts', parameters: Type.Object({ to: Type.Integer() }),
  inputs: { a: { description: 'A text' } }, outputs: { text: { description: 'A text', path: 'text.txt' } },
  async run({ parameters: { to }, inputs, outputs, progress }) {
    for (let done = 1; done <= to; done++) progress({ done, total: to, unit: 'steps' });
    writeFileSync(outputs.text!, readFileSync(inputs.a.path, 'utf8') + 'counted to ' + to);
    return { to };
  },
});
`;

const tasks = ['seed', 'a@n=1', 'a@n=2', 'a@n=3', 'b@n=1', 'b@n=2', 'b@n=3', 'all'];
const all = (status: string) => Object.fromEntries(tasks.map((task) => [task, status]));

const failing = `name: failing
stages:
  good: { run: 'echo good > \${{ outputs.o }}', outputs: { o: o.txt } }
  bad: { run: 'echo to the log; exit 3', inputs: { good: good }, outputs: { o: o.txt } }
  below: { run: 'echo > \${{ outputs.o }}', inputs: { bad: bad }, outputs: { o: o.txt } }
  beside: { run: 'echo > \${{ outputs.o }}', inputs: { good: good }, outputs: { o: o.txt } }
`;

/** What every executor has to do, as the program shows it. */
export function describeExecutor(kind: string, test: typeof sandboxTest): void {
  const executor = ['--executor', kind];

  function writeGraph(box: Sandbox, seed = 'seed\n'): void {
    box.write('p.yaml', graph);
    box.write('count.ts', count);
    box.write('seed.txt', seed);
  }

  describe.concurrent(`the executor ${kind}`, () => {
    test('runs each task after those before it, once, and shows the results', async ({ box }) => {
      writeGraph(box);
      const events = await box.events(['p.yaml', ...executor]);
      const ends = events.filter(({ event }) => event === 'task');
      expect(Object.fromEntries(ends.map(({ task, status }) => [task, status]))).toEqual(all('ran'));
      // That one is done may be told after the next has ended: what they made shows who came after whom.
      expect(ends.length).toBe(Object.keys(all('ran')).length);
      const ofOne = events.filter(({ task }) => task === 'b@n=3').map(({ event }) => event);
      expect(ofOne.filter((event) => event === 'task-start' || event === 'task')).toEqual(['task-start', 'task']);
      expect(box.read('artifacts/graph/all/o.txt')).toBe([1, 2, 3].map((n) => `seed\n${n}\ncounted to ${n}`).join(''));
      const shown = JSON.parse((await box.run(['show', 'p.yaml', '--json'])).out) as Record<string, unknown>[];
      expect(shown.find(({ task }) => task === 'b@n=2')).toMatchObject({ metrics: { to: 2 } });
      expect(await box.outcomes(['p.yaml', ...executor])).toEqual(all('cached'));
    });

    test('runs what changed, what is forced, and only as far as something comes out differently', async ({ box }) => {
      writeGraph(box);
      await box.run(['run', 'p.yaml', ...executor]);
      writeGraph(box, 'another seed\n');
      box.write('p.yaml', graph.replace('cat ${{ inputs.file }}', 'true ${{ inputs.file }}; echo seed'));
      expect(await box.outcomes(['p.yaml', ...executor])).toEqual({ ...all('cached'), seed: 'ran' });
      const forced = await box.outcomes(['p.yaml', '--force', 'a@n=2', ...executor]);
      expect(forced).toEqual({ ...all('cached'), 'a@n=2': 'ran' });
    });

    test('gives results to a remote cache, and takes them from it', async ({ box }) => {
      writeGraph(box);
      box.write('p.yaml', `${graph}cache: { remote: 'file:cache' }\n`);
      const [first] = (await box.events(['p.yaml', ...executor])).slice(-1);
      expect(first).toMatchObject({ event: 'end', ran: tasks.length, fetched: 0 });
      rmSync(box.path('artifacts'), { recursive: true });
      const events = await box.events(['p.yaml', ...executor]);
      expect(events.at(-1)).toMatchObject({ event: 'end', ran: 0, cached: tasks.length, fetched: tasks.length });
      expect(events.some(({ event }) => event === 'task-start')).toBe(false);
      expect(box.read('artifacts/graph/all/o.txt')).toBe([1, 2, 3].map((n) => `seed\n${n}\ncounted to ${n}`).join(''));
    });

    test('ends at a failure, with the log of what failed', async ({ box }) => {
      box.write('p.yaml', failing);
      const { code, out } = await box.run(['run', 'p.yaml', ...executor]);
      expect(code).toBe(1);
      expect(out).toContain('bad failed [E_COMMAND]\n  The command failed with exit code 3.');
      expect((await box.run(['log', 'p.yaml', 'bad'])).out).toBe('to the log\n');
      expect(box.has('artifacts/failing/below')).toBe(false);
    });

    test('goes on after a failure with what does not depend on it, if asked to', async ({ box }) => {
      box.write('p.yaml', failing);
      expect(await box.outcomes(['p.yaml', '--keep-going', ...executor])).toEqual({
        ...{ good: 'ran', bad: 'failed', below: 'skipped', beside: 'ran' },
      });
    });

    test('tries again what may be', async ({ box }) => {
      box.write(
        'p.yaml',
        `name: retry\nstages:\n  flaky:\n    run: 'test -e ${box.path('tried')} || { touch ${box.path('tried')}; exit 1; }; echo > \${{ outputs.o }}'\n    outputs: { o: o.txt }\n    retries: 1\n`,
      );
      expect(await box.outcomes(['p.yaml', ...executor])).toEqual({ flaky: 'ran' });
    });
  });
}
