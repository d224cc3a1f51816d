import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MemoryPlan } from '../../../../src/engine/wasm/memory-plan.js';
import { findCompiler } from '../../../../src/engine/wasm/native/compiler.js';
import { type Level, levelsHere } from '../../../../src/engine/wasm/native/level.js';
import { planDeletion } from '../../../../src/engine/wasm/noise.js';
import { buildFolder } from '../../../../src/paths.js';
import { testFolder } from '../../../store/folder.js';
import { spikeCounts } from '../../kernel-bench.js';
import { withoutDeleted } from '../../reference-noise.js';

/** Deletes spikes of many images in one call: `deletion MEMORY DESCRIPTOR SCRATCH IMAGES`, in a file that holds the memory. */
const program = `
#include "noise.c"
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **words) {
  FILE *file = fopen(words[1], "r+b");
  fseek(file, 0, SEEK_END);
  const long size = ftell(file);
  u8 *memory = aligned_alloc(65536, size);
  rewind(file);
  if (fread(memory, 1, size, file) != size) return 1;
  deleteSpikes(memory, atoi(words[2]), atoi(words[3]), 0, atoi(words[4]));
  rewind(file);
  return fwrite(memory, 1, size, file) != size || fclose(file);
}
`;

const run = promisify(execFile);
const compiler = findCompiler();
const words = 'missing' in compiler ? [] : compiler.words;

/**
 * Images of few spikes; but after each 255, as many marks as a byte has numbers, three of many, so that marks of those before are left
 * where these look for their own.
 */
const [images, each, levels] = [600, 192, 4];
const awake = (image: number) => (image % 255 < 3 ? 64 : image % 17);
const counts = spikeCounts(images * each, levels, 7).map((n, i) => (i % 64 < awake(Math.floor(i / each)) ? n : 0));

/** For each probability the spikes that are left where all images are one call of a level's kernel. */
async function leftBy({ name, width, flags }: Level, probabilities: readonly number[]): Promise<number[][]> {
  const folder = testFolder();
  const [source, built] = [join(folder, 'deletion.c'), join(folder, name)];
  writeFileSync(source, program);
  const given = ['-std=gnu11', '-O1', '-w', `-DWIDTH=${width}`, ...flags, '-I', join(buildFolder, 'native')];
  await run(words[0]!, [...words.slice(1), ...given, '-o', built, source]);
  return Promise.all(
    probabilities.map(async (probability) => {
      const plan = new MemoryPlan();
      const spikes = plan.table(Uint8Array.from(counts));
      const layer = { spikes, pixels: each / 16, channels: 16, realChannels: 16, levels, layer: 0 };
      const deletion = planDeletion(plan, layer, probability)!;
      const { descriptor } = deletion.calls(0, images)[0]!;
      const scratch = plan.alloc(descriptor.scratch);
      const { buffer } = plan.create();
      deletion.set(buffer, { seed: 9, firstImage: 0 });
      const file = join(folder, String(probability));
      writeFileSync(file, new Uint8Array(buffer));
      await run(built, [file, ...[descriptor.address, scratch, images].map(String)]);
      return [...readFileSync(file).subarray(spikes, spikes + counts.length)];
    }),
  );
}

describe.skipIf(words.length === 0 || process.platform === 'win32')(
  'deletion from more images than a byte has numbers, in one call,',
  () => {
    it('is the same for all levels of processors that this one has', async () => {
      const probabilities = [0.1, 0.6];
      const expected = probabilities.map((probability) =>
        Array.from({ length: images }, (_, image) =>
          withoutDeleted(counts.slice(image * each, (image + 1) * each), probability, { seed: 9, image }),
        ).flat(),
      );
      const left = await Promise.all(
        levelsHere().map(async (level) => [level.name, await leftBy(level, probabilities)]),
      );
      expect(left).toEqual(levelsHere().map(({ name }) => [name, expected]));
    });
  },
);
