import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import { bundle } from '../../src/fingerprint/bundle.js';
import { currentFingerprint, engineFingerprint, forgetCode, stageFingerprint } from '../../src/stage/fingerprint.js';
import { testFolder, writeFiles } from '../store/folder.js';

vi.mock('../../src/fingerprint/bundle.js', async (original) => {
  const real = await original<typeof import('../../src/fingerprint/bundle.js')>();
  return { ...real, bundle: vi.fn(real.bundle) };
});

const bundled = () => vi.mocked(bundle).mock.calls.map(([entry]) => entry);
const code = (value: number) => ({ 's.ts': `export default ${value};\n` });
let folder: string;
beforeEach(() => {
  forgetCode();
  vi.mocked(bundle).mockClear();
  folder = writeFiles(testFolder(), code(1));
});

it('bundles a file once, however many ask at once, from whichever folder they name it', async () => {
  const [one, two, again] = await Promise.all([
    stageFingerprint('./s.ts', folder),
    stageFingerprint('../s.ts', join(folder, 'deeper')),
    stageFingerprint('./s.ts', folder),
  ]);
  expect([two, again]).toEqual([one, one]);
  expect(await stageFingerprint('./s.ts', folder)).toEqual(one);
  expect(bundled()).toEqual([join(folder, 's.ts')]);
});

it('keeps files of one name in two folders apart', async () => {
  const other = writeFiles(testFolder(), code(2));
  const both = [await stageFingerprint('./s.ts', folder), await stageFingerprint('./s.ts', other)];
  expect(both[0]!.fingerprint).not.toBe(both[1]!.fingerprint);
});

it('remembers what a file was like as a run began, until it is asked how it is now', async () => {
  const before = await stageFingerprint('./s.ts', folder);
  writeFiles(folder, code(2));
  expect(await stageFingerprint('./s.ts', folder)).toEqual(before);
  const now = await currentFingerprint('./s.ts', folder);
  expect(now.fingerprint).not.toBe(before.fingerprint);
  expect(await stageFingerprint('./s.ts', folder)).toEqual(now);
  writeFiles(folder, code(1));
  forgetCode();
  expect(await stageFingerprint('./s.ts', folder)).toEqual(before);
});

it('takes a file anew that was mended, or that is there by now', async () => {
  writeFiles(folder, { 's.ts': 'export default {' });
  await expect(stageFingerprint('./s.ts', folder)).rejects.toMatchObject({ code: 'E_STAGE_CODE' });
  writeFiles(folder, code(1));
  await expect(stageFingerprint('./s.ts', folder)).resolves.toHaveProperty('fingerprint');
  rmSync(join(folder, 's.ts'));
  await expect(currentFingerprint('./s.ts', folder)).rejects.toMatchObject({ code: 'E_STAGE_CODE' });
  writeFiles(folder, code(2));
  await expect(stageFingerprint('./s.ts', folder)).resolves.toHaveProperty('fingerprint');
});

it('is the same for a built-in stage wherever the pipeline is, and taken once, as that of an engine', async () => {
  const [one, two] = [await stageFingerprint('plot', folder), await stageFingerprint('plot', testFolder())];
  expect(two).toEqual(one);
  const count = bundled().length;
  const first = await engineFingerprint(wasmEngine);
  const taken = bundled().length;
  expect(await engineFingerprint(wasmEngine)).toEqual(first);
  expect(bundled()).toHaveLength(taken);
  forgetCode();
  await stageFingerprint('plot', folder);
  await stageFingerprint('plot', folder);
  expect(bundled().length - taken).toBeLessThanOrEqual(count);
});
