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

it.skipIf(process.platform === 'win32')('learns nothing of earlier starts where there is no accounting', async () => {
  standIn('sacct', 'echo "Slurm accounting storage is disabled" >&2; exit 1');
  expect(await new SlurmCommands().pastStates('12_3')).toEqual([]);
});
