import { describe, expect, it } from 'vitest';
import { adapterOptions, chosenAdapter, listAdapters } from '../../../src/engine/webgpu/adapters.js';
import { choiceText } from '../../../src/engine/webgpu/describe.js';

/** What Dawn 0.6.2 throws at a name that it does not know. */
const told = (...lines: readonly string[]) => `no suitable backends found\nAvailable adapters:${lines.join('')}`;

const listing = (message: string) =>
  listAdapters(([option]) => ({
    requestAdapter: () =>
      option?.startsWith('adapter=') === true ? Promise.reject(new Error(message)) : Promise.resolve(null),
  }));

const intel = { backend: 'vulkan', name: "Intel(R) UHD Graphics 770 (ADL-S 'GT1')" };
const geforce = { backend: 'vulkan', name: 'NVIDIA GeForce RTX 4090' };
const listed = [intel, geforce, { ...geforce }, { ...geforce, backend: 'opengles' }];

describe('graphics processors', () => {
  it('are listed as Dawn tells of them', async () => {
    const lines = listed.map(({ backend, name }) => `\n * backend: '${backend}', name: '${name}'`);
    expect(await listing(told(...lines))).toEqual(listed);
    expect(await listing(told())).toEqual([]);
    // Without any driver it throws nothing.
    expect(await listAdapters(() => ({ requestAdapter: () => Promise.resolve(null) }))).toEqual([]);
  });

  it.each([
    ['nvidia', geforce],
    ['UHD', intel],
    ['intel-r-uhd-graphics-770-adl-s-gt1-', intel],
    ['rtx_4090', geforce],
    ['1', intel],
    ['2', geforce],
    ['4', listed[3]],
  ])('are chosen by name or number: %s', (choice, adapter) => {
    expect(chosenAdapter(listed, choice)).toEqual(adapter);
  });

  it('are not chosen by a few digits of a name, nor by what names have between words', () => {
    for (const choice of ['770', '()', '-'])
      expect(() => chosenAdapter(listed, choice)).toThrow(`There is no graphics processor "${choice}".`);
  });

  it('are told to Dawn by interface and name', () => {
    expect(adapterOptions(geforce)).toEqual(['backend=vulkan', 'adapter=NVIDIA GeForce RTX 4090']);
  });

  it('are shown with their numbers where there are several', () => {
    expect(choiceText({ choices: ['A', 'B'] })).toBe('SPIKELINE_GPU chooses by name or number: 1 A, 2 B');
    expect(choiceText({ choices: ['A'] })).toBeUndefined();
  });

  it('that are not there are refused with those that are', () => {
    expect(() => chosenAdapter(listed.slice(0, 2), 'radeon')).toThrow(
      expect.objectContaining({
        code: 'E_GPU_CHOICE',
        message: 'There is no graphics processor "radeon".',
        hint: expect.stringContaining(`There are: 1 ${intel.name}, 2 ${geforce.name}. SPIKELINE_GPU`) as string,
      }) as Error,
    );
    expect(() => chosenAdapter([], '1')).toThrow(
      expect.objectContaining({ hint: 'None was found. Is its driver installed?' }) as Error,
    );
  });

  it('of one name are refused but for the first: Dawn cannot tell them apart', () => {
    expect(() => chosenAdapter(listed, '3')).toThrow(
      '"3" is no graphics processor that can be used: WebGPU for Node takes the first of several called NVIDIA GeForce RTX 4090',
    );
  });
});
