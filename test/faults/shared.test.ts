import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { expect, it } from 'vitest';
import { buildFolder } from '../../src/paths.js';
import { start } from '../store/programs/start.js';
import { type Rig, readTree, withRig } from './rig.js';

const runners = 16;
const rounds = 10;
/** Pipelines that share content: at the same points they have the same tasks. */
const pipelines = ['left', 'right'];
/** Values of the axis that runners choose from. */
const points = [1, 2, 3, 4, 5];

const pipeline = (name: string) => `name: ${name}
axes: { n: [1] }
stages:
  make: { run: 'mkdir \${{ outputs.x }} && echo \${{ n }} > \${{ outputs.x }}/n && echo same > \${{ outputs.x }}/same', over: [n], inputs: { s: { file: seed.txt } }, outputs: { x: x } }
  half: { run: 'read n < \${{ inputs.x }}/n && echo $((n / 2)) > \${{ outputs.y }}', over: [n], inputs: { x: make }, outputs: { y: y.txt } }
  tell: { run: 'read n < \${{ inputs.y }} && echo "half is $n" > \${{ outputs.z }} && echo "{\\"n\\":$n}" > \${{ outputs.metrics }}', over: [n], inputs: { y: half }, outputs: { z: z.txt, metrics: metrics.json } }
`;

it(`${runners} processes run ${rounds} times each on one store while gc runs all the time`, async () => {
  await withRig(async (rig) => {
    for (const name of pipelines) rig.write(`${name}.yaml`, pipeline(name));
    const program = build('runner');
    const jobs = Array.from({ length: runners }, (_, i) => [rig.folder, pipelines[i % 2]!, String(i), String(rounds)]);
    const gc = start(build('collector'), [rig.folder]);
    const results = await Promise.all(
      jobs.map(async (args) => {
        const runner = start(program, args);
        const line = await runner.line();
        await runner.finish();
        return line;
      }),
    );
    const [, last] = await Promise.all([gc.finish(), gc.line()]);
    const removed = JSON.parse(last) as { rounds: number; results: number; files: number };
    expect(results).toEqual(jobs.map(() => 'all right'));
    // It did remove what was in nobody's way.
    expect(removed.results).toBeGreaterThan(0);
    expect(removed.files).toBeGreaterThan(0);
    const shown = await finalTrees(rig);
    rmSync(rig.path('artifacts'), { recursive: true });
    expect(await finalTrees(rig)).toEqual(shown);
    expect(readdirSync(rig.path('artifacts/store/locks'))).toEqual([]);
  });
});

/** Builds a program beside the developers' own: there it finds what it starts. */
function build(name: string): string {
  const outfile = join(buildFolder, `../dev/faults-${name}.js`);
  buildSync({
    entryPoints: [join(import.meta.dirname, 'programs', `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  return outfile;
}

/** What the real program makes of both pipelines at all points. */
async function finalTrees(rig: Rig): Promise<unknown> {
  for (const name of pipelines) {
    const { code, out, err } = await rig.run(['run', `${name}.yaml`, '--set', `n=[${points.join(', ')}]`]);
    expect({ code, err }, out).toEqual({ code: 0, err: '' });
  }
  return pipelines.map((name) => readTree(rig.path(`artifacts/${name}`)));
}
