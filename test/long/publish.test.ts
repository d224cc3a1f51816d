import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { test } from '../e2e/program.js';
import { writeProject } from '../e2e/publish-project.js';
import { hasPackages, python } from '../peers/python.js';

const hasValidator = hasPackages(['rocrate_validator', 'rocrate']);

describe('a run that was published', () => {
  test('can be run again where it is, and comes to the same keys', async ({ box }) => {
    writeProject(box);
    await box.outcomes(['pipelines/p.yaml']);
    await box.run(['publish', 'crate', 'pipelines/p.yaml', '--max-size', '2KB']);
    const keys = (tasks: string) =>
      (JSON.parse(tasks) as { task: string; key: string }[]).map(({ task, key }) => `${task} ${key}`);
    cpSync(box.path('crate/project'), box.path('elsewhere'), { recursive: true });
    await box.outcomes(['elsewhere/pipelines/p.yaml']);
    const status = await box.run(['status', 'elsewhere/pipelines/p.yaml', '--json']);
    expect(keys(status.out)).toEqual(keys(box.read('crate/tasks.json')));
    expect(box.has('elsewhere/artifacts')).toBe(true);
  });

  test.skipIf(!hasValidator)('meets all that the profile requires, by the word of roc-validator', async ({ box }) => {
    writeProject(box);
    await box.outcomes(['pipelines/p.yaml']);
    await box.run(['publish', 'crate', 'pipelines/p.yaml', '--max-size', '2KB']);
    const issues = (severity: string) => {
      const script = join(packageRoot, 'test/peers/ro_crate.py');
      const args = [script, box.path('crate'), 'workflow-run-crate', severity];
      const { stdout, stderr, status } = spawnSync(python, args, { encoding: 'utf8' });
      expect([status, stderr.includes('Traceback')]).toEqual([0, false]);
      return JSON.parse(stdout) as { readonly check: string; readonly message: string }[];
    };
    expect(issues('REQUIRED')).toEqual([]);
    // It says what is missing: else it would look at nothing.
    expect(issues('RECOMMENDED').map(({ message }) => message)).toContain(
      'The Action SHOULD have an agent that is a Person or Organization',
    );
  });
});
