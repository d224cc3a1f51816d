import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { filesIn } from '../../src/cli/publish/folder.js';
import { type Sandbox, test } from '../e2e/program.js';

const pipeline = `name: coin
axes: { n: ${JSON.stringify(Array.from({ length: 150 }, (_, n) => n))} }
stages:
  a:
    run: 'echo {\\"accuracy\\":0.\${{ n }}} > \${{ outputs.metrics }}'
    over: [n]
    outputs: { metrics: metrics.json }
`;

/** Contents of all files but those that belong to no export, by path; where it lies is part of MLflow's, and left out. */
const contents = (box: Sandbox, folder: string, isOwn: (path: string) => boolean) =>
  Object.fromEntries(
    filesIn(box.path(folder))
      .filter(isOwn)
      .map((path) => [path, readFileSync(box.path(`${folder}/${path}`), 'latin1').replaceAll(`/${folder}/`, '/')]),
  );

const kinds = {
  mlflow: (path: string) => !path.includes('.spikeline-export/'),
  tensorboard: (path: string) => path.includes('tfevents'),
};

test('an export that is killed leaves whole runs alone, and the next one makes it complete', async ({ box }) => {
  box.write('p.yaml', pipeline);
  await box.run(['run', 'p.yaml']);
  const call = (kind: string, folder: string) => ['show', 'p.yaml', '--runs', '--export', kind, '-o', folder];
  for (const [kind, isOwn] of Object.entries(kinds)) {
    await box.run(call(kind, `${kind}-whole`));
    const whole = contents(box, `${kind}-whole`, isOwn);
    expect(Object.keys(whole).length).toBeGreaterThanOrEqual(150);
    const reached: number[] = [];
    for (const most of [1, 20, 60, 120]) {
      const folder = `${kind}-${most}`;
      const running = box.start(call(kind, folder));
      // As soon as so many are there, wherever it then is.
      const count = () =>
        !existsSync(box.path(folder))
          ? 0
          : kind === 'mlflow'
            ? readdirSync(box.path(folder)).flatMap((id) => readdirSync(join(box.path(folder), id))).length
            : readdirSync(box.path(folder)).flatMap((run) =>
                run.startsWith('run-') ? readdirSync(join(box.path(folder), run)) : [],
              ).length;
      while (running.child.exitCode === null && count() < most) await new Promise((done) => setTimeout(done, 1));
      running.child.kill('SIGKILL');
      await running.result;
      const left = contents(box, folder, isOwn);
      reached.push(Object.keys(left).length);
      // Nothing is half written, and no run lacks a file.
      expect(whole).toMatchObject(left);
      if (kind === 'mlflow') {
        const runs = new Set(Object.keys(left).map((path) => path.split('/').slice(0, 2).join('/')));
        const ofRuns = Object.keys(whole).filter((path) => runs.has(path.split('/').slice(0, 2).join('/')));
        expect(Object.keys(left)).toEqual(ofRuns);
      }
      await box.run(call(kind, folder));
      expect(contents(box, folder, () => true)).toEqual(whole);
    }
    expect(reached.some((files) => files > 0 && files < Object.keys(whole).length)).toBe(true);
  }
});
