import { describe, expect } from 'vitest';
import { test } from './program.js';

const pipeline = "name: p\nstages:\n  a: { run: 'echo > ${{ outputs.o }}', outputs: { o: o.txt } }\n";
/** Without Slurm, whatever this machine has. */
const without = { PATH: '' };

describe.concurrent('where there is no Slurm', () => {
  test('--executor slurm says so, and where to run', async ({ box }) => {
    box.write('p.yaml', pipeline);
    const { code, err } = await box.run(['run', 'p.yaml', '--executor', 'slurm'], without);
    expect([code, err]).toEqual([
      2,
      'There is no program "squeue" here.\n' +
        "  hint: Run it where Slurm's programs are, such as a login node, or without --executor slurm.\n",
    ]);
  });

  test('what is up to date needs none', async ({ box }) => {
    box.write('p.yaml', pipeline);
    await box.run(['run', 'p.yaml']);
    expect((await box.run(['run', 'p.yaml', '--executor', 'slurm'], without)).code).toBe(0);
  });

  test('doctor tells that, and takes it for no problem', async ({ box }) => {
    const { code, out } = await box.run(['doctor'], without);
    expect([code, out]).toEqual([0, expect.stringMatching(/Slurm +optional +not found/)]);
  });
});

describe.concurrent('a mistake', () => {
  test('in the name of an executor is shown with what there is', async ({ box }) => {
    box.write('p.yaml', pipeline);
    const { code, err } = await box.run(['run', 'p.yaml', '--executor', 'slrum']);
    expect([code, err]).toEqual([2, 'There is no executor "slrum".\n  hint: known: local, slurm\n']);
  });

  test("in the user's configuration is shown at its place", async ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('config/spikeline/config.yaml', 'slurm:\n  qoss: long\n');
    const { code, err } = await box.run(['run', 'p.yaml', '--executor', 'slurm'], {
      XDG_CONFIG_HOME: box.path('config'),
    });
    expect(code).toBe(2);
    expect(err).toContain('config.yaml:2:3');
    expect(err).toContain('Unknown key "qoss".');
    expect(err).toContain('did you mean "qos"?');
  });

  test('in the section of a pipeline is shown at its place', async ({ box }) => {
    box.write('p.yaml', `${pipeline}slurm: { partition: 3 }\n`);
    const { code, err } = await box.run(['validate', 'p.yaml']);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('p.yaml:4:21: error[E_TYPE]: "partition" must be text, not 3.'),
    ]);
  });
});
