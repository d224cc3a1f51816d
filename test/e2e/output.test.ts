import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { buildFolder } from '../../src/paths.js';
import { type Sandbox, test } from './program.js';

const pipeline = `name: p
axes: { n: [1, 2] }
stages:
  one: { run: 'echo {\\"n\\":\${{ n }}} > \${{ outputs.metrics }}', over: [n], outputs: { metrics: metrics.json } }
  bad: { run: 'exit 3', outputs: { x: x } }
expect: [{ stage: one, metric: n, max: 1 }]
`;

/** Calls the program by the shell, which may redirect what it writes: `$S run p.yaml > /dev/full`. */
function shell(box: Sandbox, script: string) {
  const env = {
    ...process.env,
    S: `${process.execPath} ${join(buildFolder, 'cli.cjs')}`,
    CI: 'true',
    GITHUB_ACTIONS: '',
  };
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: box.folder, env, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

const full = "Standard output can't be written: no space left on device.\n";

describe.concurrent('output that nobody takes', () => {
  test('stops no run, and its exit code tells of the run', ({ box }) => {
    box.write('p.yaml', pipeline);
    const made = () => [1, 2].filter((n) => existsSync(box.path(`artifacts/p/one/${n}/metrics.json`)));
    const run = 'rm -rf artifacts; $S run p.yaml';
    for (const reporter of ['plain', 'json']) {
      const call = `${run} one --reporter ${reporter}`;
      expect([shell(box, `${call} > /dev/full`), made()]).toEqual([{ code: 0, out: '', err: full }, [1, 2]]);
      const piped = shell(box, `${call} | head -1 > line; exit \${PIPESTATUS[0]}`);
      expect([piped, made()]).toEqual([{ code: 0, out: '', err: '' }, [1, 2]]);
    }
    const silent = shell(box, `${run} --keep-going > /dev/full 2> /dev/full`);
    expect([silent.code, made()]).toEqual([1, [1, 2]]);
    expect([shell(box, `${run} one <&- >&- 2>&-`).code, made()]).toEqual([0, [1, 2]]);
  });

  test('fails what is called for its output alone', ({ box }) => {
    box.write('p.yaml', pipeline);
    for (const call of ['show p.yaml', 'status p.yaml --json', 'check p.yaml', 'run --help', 'run p.yaml --dry-run'])
      expect([call, shell(box, `$S ${call} > /dev/full`)]).toEqual([call, { code: 1, out: '', err: full }]);
    // The file takes a part, which is no error of the system yet.
    expect(shell(box, 'ulimit -f 8; $S schema > part')).toEqual({
      code: 1,
      out: '',
      err: "Standard output can't be written: file too large.\n",
    });
    expect(readFileSync(box.path('part')).length).toBe(8 * 1024);
  });

  test('is no mistake where the reader has had enough', ({ box }) => {
    box.write('p.yaml', pipeline);
    for (const [call, code] of [
      ['schema', 0],
      // What was found is told by the exit code, read or not.
      ['check p.yaml', 1],
    ])
      expect(shell(box, `$S ${call} | true; exit \${PIPESTATUS[0]}`)).toEqual({ code, out: '', err: '' });
  });
});
