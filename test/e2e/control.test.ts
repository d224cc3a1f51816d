import { describe, expect } from 'vitest';
import { alive, steady, test, until } from './program.js';

describe.concurrent('retries', () => {
  test('try again what failed, with more and more time between', async ({ box }) => {
    box.write(
      'p.yaml',
      `name: again
stages:
  flaky:
    run: 'echo try; echo x >> tries; test $(wc -l < tries) -ge 3 && echo done > \${{ outputs.x }}'
    retries: 3
    outputs: { x: x.txt }
  after: { run: 'cat \${{ inputs.x }} > \${{ outputs.y }}', inputs: { x: flaky }, outputs: { y: y.txt } }
`,
    );
    // One at a time, because "after" may begin while what "flaky" has made is being recorded.
    const { code, out } = await box.run(['run', 'p.yaml', '--jobs', '1']);
    expect(code).toBe(0);
    expect(steady(out).split('\n\n')[0]).toBe(`again: 2 tasks
start   flaky (never run here)
retry   flaky in N s (attempt 1 of 4: The command failed with exit code 1.)
start   flaky (no result yet: it failed or was interrupted)
retry   flaky in N s (attempt 2 of 4: The command failed with exit code 1.)
start   flaky (no result yet: it failed or was interrupted)
done    flaky in N s
start   after (never run here)
done    after in N s`);
    expect(box.read('artifacts/again/after/y.txt')).toBe('done\n');
    expect((await box.run(['log', 'p.yaml', 'flaky'])).out).toBe('try\n--- attempt 2\ntry\n--- attempt 3\ntry\n');
    expect((await box.events(['p.yaml'])).at(-1)).toMatchObject({ ran: 0, cached: 2 });
  });

  test('come to an end', async ({ box }) => {
    box.write('p.yaml', `name: never\nstages:\n  bad: { run: 'exit 4', retries: 1, outputs: { x: x } }\n`);
    const events = await box.events(['p.yaml']);
    const failure = { code: 'E_COMMAND', message: 'The command failed with exit code 4.' };
    expect(events.filter(({ event }) => event === 'task-retry')).toMatchObject([
      { task: 'bad', attempt: 1, attempts: 2, seconds: 1, failure },
    ]);
    expect(events.filter(({ event }) => event === 'task')).toMatchObject([{ status: 'failed', failure }]);
  });

  test('are given up when the run is interrupted', async ({ box }) => {
    box.write('p.yaml', `name: p\nstages:\n  bad: { run: 'exit 4', retries: 100, outputs: { x: x } }\n`);
    const run = box.start(['run', 'p.yaml']);
    await until(() => run.out.includes('attempt 1'), 'the first attempt');
    run.child.kill('SIGINT');
    expect((await run.result).code).toBe(130);
  });
});

describe.concurrent('a timeout', () => {
  test('ends a command with all it has started', async ({ box }) => {
    box.write(
      'p.yaml',
      `name: slow
stages:
  slow: { run: 'sleep 60 & echo $! > pid; sleep 60', timeout: 1s, outputs: { x: x } }
`,
    );
    const { code, out } = await box.run(['run', 'p.yaml']);
    expect(code).toBe(1);
    expect(out).toContain(`slow failed [E_TIMEOUT]
  The task was still running after 1 s, its timeout.
  hint: Give it more time with \`timeout:\`.
`);
    expect(alive(await box.pid('pid'))).toBe(false);
  });

  test('ends a stage that does not listen', async ({ box }) => {
    box.write(
      'deaf.mjs',
      `import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'deaf', summary: 'Never ends', parameters: Type.Object({}), inputs: {},
  outputs: { x: { description: 'Nothing', path: 'x' } },
  run: () => new Promise(() => setInterval(() => {}, 1000)),
});
`,
    );
    box.write('p.yaml', 'name: p\nstages:\n  deaf: { uses: ./deaf.mjs, timeout: 1 }\n');
    const task = (await box.events(['p.yaml'])).find(({ event }) => event === 'task');
    expect(task).toMatchObject({ status: 'failed', failure: { code: 'E_TIMEOUT' } });
  });
});

describe.concurrent('resources', () => {
  test('that the machine does not have are asked for in vain', async ({ box }) => {
    box.write(
      'p.yaml',
      `name: p
stages:
  huge: { run: 'true', resources: { memory: 900TB }, outputs: { x: x } }
`,
    );
    const { code, out } = await box.run(['run', 'p.yaml']);
    expect(code).toBe(1);
    expect(out).toMatch(
      /huge failed \[E_RESOURCES\]\n {2}It needs 900000 GB of memory; this machine has [\d.]+ GB\.\n {2}hint: Run it on a machine that has it, or change `resources:`\.\n/,
    );
  });

  test('such as GPUs are named to the task, and shared out', async ({ box }) => {
    box.write(
      'p.yaml',
      `name: p
axes: { n: [1, 2, 3] }
stages:
  one: { run: 'echo $CUDA_VISIBLE_DEVICES > \${{ outputs.x }}', over: [n], resources: { gpus: 1 }, outputs: { x: x } }
  two: { run: 'echo both $CUDA_VISIBLE_DEVICES > \${{ outputs.x }}', resources: { gpus: 2 }, outputs: { x: x } }
`,
    );
    expect((await box.run(['run', 'p.yaml'], { CUDA_VISIBLE_DEVICES: '5,3' })).code).toBe(0);
    for (const n of [1, 2, 3]) expect(['3\n', '5\n']).toContain(box.read(`artifacts/p/one/${n}/x`));
    expect(box.read('artifacts/p/two/x')).toBe('both 3,5\n');
  });
});
