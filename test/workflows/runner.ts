import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildFolder } from '../../src/paths.js';
import type { Sandbox } from '../e2e/program.js';

/** Of a GitHub workflow or a composite action. */
export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
}

/** A pipeline of two tasks, with an expectation that is met. */
const pipeline = `name: mini
stages:
  train:
    run: 'echo 1 > \${{ outputs.result }}; echo "{\\"accuracy\\": 0.9}" > \${{ outputs.metrics }}'
    outputs: { result: result.txt, metrics: metrics.json }
  plots:
    run: 'cp \${{ inputs.result }} \${{ outputs.result }}'
    inputs: { result: train.result }
    outputs: { result: result.txt }
expect:
  - { stage: train, metric: accuracy, value: 0.9 }
`;

/** Runs commands as a runner of GitHub does, in a folder with `mini.yaml`, where `npx` calls what was built. */
export class Runner {
  constructor(readonly box: Sandbox) {
    box.write('mini.yaml', pipeline);
    box.write(
      'bin/npx',
      `#!/bin/sh\nwhile [ "$1" != spikeline ]; do shift; done; shift\nexec "${process.execPath}" "${join(buildFolder, 'cli.cjs')}" "$@"\n`,
    );
    chmodSync(box.path('bin/npx'), 0o755);
    box.write('env', '');
  }

  run(command: string, env: Readonly<Record<string, string>>) {
    const { box } = this;
    const set = readFileSync(box.path('env'), 'utf8').trim().split('\n').filter(Boolean);
    return spawnSync('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', command], {
      cwd: box.folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        ...{ GITHUB_ENV: box.path('env'), ...env },
        ...Object.fromEntries(set.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])),
        PATH: `${box.path('bin')}:${process.env.PATH}`,
      },
    });
  }
}
