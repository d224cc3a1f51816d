import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { packageRoot } from '../../src/paths.js';

/** A report of vitest's, as far as it is read. */
const report = (testResults: object[], counts: { passed: number; failed: number }) =>
  JSON.stringify({
    numPassedTests: counts.passed,
    numFailedTests: counts.failed,
    numPendingTests: 1,
    numTodoTests: 0,
    testResults,
  });

async function results(files: Record<string, string>, failedSteps: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'spikeline-ci-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const script = join(packageRoot, '.ci/results.mjs');
  const child = spawnSync(process.execPath, [script, folder, folder, ...failedSteps], {
    encoding: 'utf8',
    cwd: packageRoot,
  });
  expect(child.stderr).toBe('');
  return child.stdout;
}

const passing = { name: join(packageRoot, 'test/a.test.ts'), status: 'passed', message: '', assertionResults: [] };

describe('the end of what CI prints', () => {
  it('is the counting line alone when nothing failed', async () => {
    const files = {
      'unit.json': report([passing], { passed: 3, failed: 0 }),
      'long.json': report([passing], { passed: 4, failed: 0 }),
    };
    expect(await results(files, [])).toBe('7 passed, 0 failed, 2 skipped\n');
  });

  it('names each failed test, each file that could not be read, and the log of a step that no test explains', async () => {
    const failing = {
      name: join(packageRoot, 'test/b.test.ts'),
      status: 'failed',
      message: '',
      assertionResults: [
        { ancestorTitles: ['a store'], title: 'keeps', status: 'passed', failureMessages: [] },
        {
          ancestorTitles: ['a store'],
          title: 'forgets',
          status: 'failed',
          failureMessages: ['\x1b[31mnot so\x1b[0m\n  at /x/node_modules/a.js:1:2\n  at b'],
        },
      ],
    };
    const broken = {
      name: join(packageRoot, 'test/c.test.ts'),
      status: 'failed',
      message: 'no such import',
      assertionResults: [],
    };
    const log = Array.from({ length: 40 }, (_, line) => `line ${line}`);
    const files = {
      'unit.json': report([passing, failing, broken], { passed: 4, failed: 1 }),
      'unit.log': 'all of it',
      'lint.log': `${log.join('\n')}\n`,
    };
    expect(await results(files, ['unit', 'lint'])).toBe(
      [
        '',
        '✗ unit: test/b.test.ts > a store > forgets',
        '    not so',
        '      at b',
        '',
        '✗ unit: test/c.test.ts',
        '    no such import',
        '',
        '✗ lint: the end of its log',
        ...log.slice(-15).map((line) => `    ${line}`),
        '',
        '4 passed, 1 failed, 1 skipped',
        '',
      ].join('\n'),
    );
  });

  it('has less of each failure, the more there are', async () => {
    const failures = (count: number) => ({
      ...{ name: join(packageRoot, 'test/d.test.ts'), status: 'failed', message: '' },
      assertionResults: Array.from({ length: count }, (_, test) => ({
        ...{ ancestorTitles: [], title: `test ${test}`, status: 'failed' },
        failureMessages: [Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n')],
      })),
    });
    for (const [count, shown] of [
      [1, 15],
      [6, 10],
      [50, 3],
    ] as const) {
      const files = { 'unit.json': report([failures(count)], { passed: 0, failed: count }) };
      const printed = (await results(files, ['unit'])).split('\n');
      expect(printed.filter((line) => line.startsWith('✗'))).toHaveLength(count);
      expect(printed.filter((line) => line.startsWith('    line'))).toHaveLength(count * shown);
    }
  });

  it('tells of a step that was killed as it wrote its report by its log, and of one that has none', async () => {
    const files = { 'unit.json': '{"numPassedTests":3,"testRes', 'unit.log': 'Killed\n' };
    expect(await results(files, ['unit', 'gone'])).toBe(
      '\n✗ unit: the end of its log\n    Killed\n\n✗ gone: the end of its log\n    It has no log.\n\n0 passed, 0 failed\n',
    );
  });

  it('is a count of nothing where no step came so far', () => {
    const { stdout } = spawnSync(process.execPath, [join(packageRoot, '.ci/results.mjs'), '/nowhere', '/nowhere'], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('0 passed, 0 failed\n');
  });
});
