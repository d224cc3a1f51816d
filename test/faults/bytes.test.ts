import { chmodSync, existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { digestBytes, hexOf } from '../../src/files/digest.js';
import { filesBelow } from '../../src/store/listing.js';
import { ownMistake, type Result } from '../e2e/program.js';
import { fuzz } from '../fuzz.js';
import { mutated, randomNumbers } from '../readers/mutate.js';
import { type Example, smallPipeline } from './pipeline.js';
import { type Rig, withRig } from './rig.js';

/** The number of the first trial: the same numbers are the same damage, as far as the files are the same. */
const first = Number(process.env.SPIKELINE_SEED ?? 0);
/** How long a call may take, in milliseconds. It takes a second, on a machine that has nothing else to do. */
const longest = 300_000;
/** Of all files, how many are damaged at a time. */
const share = 0.15;

/** All that calls read beside what users write. */
const folders = ['artifacts', '.cache'];
const readers = [
  ['status'],
  ['plan'],
  ['show', '--json'],
  ['why', 'all'],
  ['diff'],
  ['validate'],
  ['gc'],
  ['verify', 'wide'],
  ['log', 'all'],
];

/** The small pipeline at one point: a folder, a stage of the user's, metrics, and a task that takes several outputs. */
const example: Example = {
  files: { ...smallPipeline.files, 'p.yaml': smallPipeline.files['p.yaml']!.replace('[1, 3]', '[1]') },
  tasks: ['data', 'count@n=1', 'bit@n=1', 'wide@n=1', 'all'],
};

it('whatever bytes the notes of earlier runs have, each call ends in order and the next run is right', async () => {
  await withRig(async (rig) => {
    const call = async ([name, ...words]: readonly string[]): Promise<Result> => {
      const running = rig.start([name!, 'p.yaml', ...words], { SPIKELINE_CACHE: rig.path('.cache') });
      const timer = setTimeout(() => running.child.kill('SIGKILL'), longest);
      const result = await running.result;
      clearTimeout(timer);
      return result;
    };
    // One run that fails, so that its notes say so.
    rig.write('count.ts', example.files['count.ts']!.replace('const saved', "throw new Error('no'); const saved"));
    expect((await call(['run', '--keep-going'])).code).toBe(1);
    for (const [name, text] of Object.entries(example.files)) rig.write(name, text);
    expect((await call(['run'])).code).toBe(0);
    const clean = rig.snapshot();
    for (let number = first; number < first + fuzz(8).numRuns; number++) {
      const random = randomNumbers(number);
      const damaged = damage(rig, number, random);
      for (const words of [readers[Math.floor(random() * readers.length)]!, ['run']]) {
        const result = await call(words);
        const about = `SPIKELINE_SEED=${number}: ${words.join(' ')} after damage to ${damaged.join(', ')}`;
        expectInOrder(result, about);
        if (words[0] === 'run') expect(result.code, `${about}\n${result.out}${result.err}`).toBe(0);
      }
      const about = `SPIKELINE_SEED=${number}: after damage to ${damaged.join(', ')}`;
      expect(existsSync(rig.path('artifacts/store/reports')), about).toBe(false);
      expect(rig.snapshot(), about).toEqual(clean);
      for (const path of rig.stored('blobs'))
        expect(path.split('/').slice(-2).join(''), about).toBe(hexOf(digestBytes(readFileSync(rig.path(path)))));
    }
  }, example);
});

/** Changes some of the files. Returns which. */
function damage(rig: Rig, number: number, random: () => number): readonly string[] {
  const files = folders.flatMap((folder) => filesBelow(rig.path(folder))).filter((path) => lstatSync(path).isFile());
  const chosen = files.filter(() => random() < share);
  for (const [i, path] of chosen.entries()) {
    const others = [path, path, files[Math.floor(random() * files.length)]!];
    const bytes = mutated(
      others.map((other) => readFileSync(other)),
      number * 1000 + i,
    );
    chmodSync(path, 0o644);
    writeFileSync(path, bytes);
  }
  return chosen.map((path) => path.slice(rig.folder.length + 1));
}

function expectInOrder({ code, out, err }: Result, about: string): void {
  const text = `${about}\n${out}${err}`;
  expect([0, 1, 2], text).toContain(code);
  expect(text).not.toMatch(/^\s+at .*[:(]\d+/m);
  expect(text).not.toMatch(/unknown option|missing required/);
  expect(text).not.toMatch(ownMistake);
}
