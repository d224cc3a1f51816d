import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { SlurmCommands } from '../../../src/run/slurm/command.js';
import { oldOptions } from '../../slurm/options-1808.js';
import { testFolder } from '../../store/folder.js';

afterEach(() => vi.unstubAllEnvs());

/** Puts a script in the place of one of Slurm's programs. */
function standIn(program: string, script: string): void {
  const folder = testFolder();
  writeFileSync(join(folder, program), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, program), 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env.PATH ?? ''}`);
}

it.skipIf(process.platform === 'win32')(
  'asks the accounting for all starts of a job, and not for the last alone',
  async () => {
    standIn(
      'sacct',
      `case " $* " in *' --duplicates '*) echo '12_3|NODE_FAIL'; echo '12_3|REQUEUED';; esac
echo '12_3|RUNNING'; echo '12_4|FAILED'`,
    );
    expect(await new SlurmCommands().pastStates('12_3')).toEqual(['NODE_FAIL', 'REQUEUED']);
  },
);

it.skipIf(process.platform === 'win32')(
  'asks the accounting for nothing that Slurm 19.05 does not understand',
  async () => {
    const asked = join(testFolder(), 'asked');
    standIn('sacct', `for word; do echo "$word" >> '${asked}'; done`);
    standIn('scontrol', 'echo "Invalid job id specified" >&2; exit 1');
    await new SlurmCommands('other').pastStates('12_3');
    await new SlurmCommands('other').find(['12_3']);
    const options = readFileSync(asked, 'utf8').match(/(?<=^--)[\w-]+/gm)!;
    expect(new Set(options)).toEqual(new Set(['clusters', 'duplicates', 'noheader', 'parsable2', 'format', 'jobs']));
    expect(oldOptions.sacct!.split(' ')).toEqual(expect.arrayContaining(options));
  },
);

it.skipIf(process.platform === 'win32')('asks the accounting for jobs that the controller has forgotten', async () => {
  standIn(
    'scontrol',
    `case " $* " in *' 12 '*) echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1;; esac
echo 'JobId=13 ArrayJobId=13 ArrayTaskId=0 JobName=a JobState=RUNNING Reason=None'`,
  );
  standIn('sacct', `echo '12_0|OUT_OF_MEMORY'; echo '12_0.batch|OUT_OF_MEMORY'; echo '12_[1-2]|CANCELLED by 0'`);
  const found = await new SlurmCommands().find(['12_0', '12_2', '13_0']);
  expect(found.map(({ name, state }) => [name, state])).toEqual([
    ['12_0', 'OUT_OF_MEMORY'],
    ['12_2', 'CANCELLED'],
    ['13_0', 'RUNNING'],
  ]);
});

it.skipIf(process.platform === 'win32')('learns nothing of earlier starts where there is no accounting', async () => {
  standIn('sacct', 'echo "Slurm accounting storage is disabled" >&2; exit 1');
  expect(await new SlurmCommands().pastStates('12_3')).toEqual([]);
});
