import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { filesIn } from '../../src/cli/publish/folder.js';
import { type Sandbox, test } from '../e2e/program.js';
import { failing, noFault } from './rig.js';

/** So many that a kill in the middle leaves some whole, and others not begun. */
const points = 60;
const pipeline = `name: coin
axes: { n: ${JSON.stringify(Array.from({ length: points }, (_, n) => n))} }
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
  // Absolute, as the fault is one of calls by such paths.
  const call = (kind: string, folder: string) => ['show', 'p.yaml', '--runs', '--export', kind, '-o', box.path(folder)];
  for (const [kind, isOwn] of Object.entries(kinds)) {
    await box.run(call(kind, `${kind}-whole`));
    const whole = contents(box, `${kind}-whole`, isOwn);
    expect(Object.keys(whole).length).toBeGreaterThanOrEqual(points);
    await box.run(call(kind, `${kind}-calls`), failing(box.path(`${kind}-calls`), noFault, box.path(`${kind}.calls`)));
    const calls = Number(box.read(`${kind}.calls`));
    expect(calls).toBeGreaterThan(points);
    const reached: number[] = [];
    for (const part of [0.05, 0.2, 0.5, 0.8]) {
      const folder = `${kind}-${part}`;
      const fault = `KILL ${Math.ceil(part * calls)}`;
      const { code } = await box.run(call(kind, folder), failing(box.path(folder), fault, box.path('calls')));
      expect([part, code]).toEqual([part, null]);
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
    expect(
      reached.some((files) => files > 0 && files < Object.keys(whole).length),
      `${kind}: ${reached}`,
    ).toBe(true);
  }
});
