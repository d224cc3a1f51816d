import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { buildFolder } from '../../src/paths.js';
import { type ClusterBox, describeOnCluster } from './rig.js';

const pipeline = (box: ClusterBox) => `name: api
stages:
  first: { run: 'echo first > \${{ outputs.o }}', outputs: { o: o.txt } }
  slow:
    run: 'echo slow >> ${box.path('ran')}; until test -e ${box.path('go')}; do sleep 0.2; done; cat \${{ inputs.first }} > \${{ outputs.o }}'
    inputs: { first: first }
    outputs: { o: o.txt }
`;

/** Runs the pipeline by a program, which ends the run when `until` is told of; resolves to what it got. */
async function runByProgram(box: ClusterBox, until?: string) {
  box.write(
    'program.mjs',
    `import { loadPipeline, run } from ${JSON.stringify(pathToFileURL(join(buildFolder, 'index.js')).href)};
    const controller = new AbortController();
    const onEvent = (event) => {
      if (event.event === 'task-start' && event.task === process.argv[2]) controller.abort();
    };
    const options = { executor: 'slurm', signal: controller.signal, onEvent };
    const { state, tasks, jobs } = await run(await loadPipeline('p.yaml'), options);
    console.log(JSON.stringify({ state, tasks: tasks.map((task) => [task.task, task.state]), jobs: jobs.length }));`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, ['program.mjs', ...(until ? [until] : [])], {
    cwd: box.folder,
    env: { ...process.env, ...box.cluster.env, XDG_CONFIG_HOME: box.path('config') },
  });
  return JSON.parse(stdout) as unknown;
}

describeOnCluster('a program', (test) => {
  test('has tasks run as jobs, which go on when it ends a run, and are found by the next', async ({ box }) => {
    box.write('p.yaml', pipeline(box));
    expect(await runByProgram(box, 'slow')).toMatchObject({ state: 'interrupted', jobs: 1 });
    box.write('go', '');
    expect(await runByProgram(box)).toEqual({
      state: 'done',
      tasks: [
        ['first', 'cached'],
        // By whether its job has ended before or after the run begins.
        ['slow', expect.stringMatching(/^(ran|cached)$/)],
      ],
      jobs: 0,
    });
    expect(box.read('ran')).toBe('slow\n');
    expect(box.read('artifacts/api/slow/o.txt')).toBe('first\n');
  });
});
