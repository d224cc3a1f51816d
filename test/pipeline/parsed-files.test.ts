import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadOptions } from '../../src/pipeline/assemble.js';
import { loadPipeline } from '../../src/pipeline/load.js';
import type { ParsedFile, ParsedFiles } from '../../src/pipeline/text/places.js';
import { StoredParsedFiles } from '../../src/store/parsed-files.js';
import { listFiles, testFolder, writeFiles } from '../store/folder.js';

const pipelines = join(import.meta.dirname, '../../pipelines');
const resolveStage: LoadOptions['resolveStage'] = async (uses, folder) =>
  (await import('../../src/stage/describe.js')).describeStage(uses, folder);

/** What was loaded, without the function that gives texts. */
async function load(file: string, options: LoadOptions) {
  const { pipeline, diagnostics } = await loadPipeline(file, options);
  return { pipeline, diagnostics };
}

/** Keeps files in memory, as JSON, and counts how often that spared the parser something, and how often it did not. */
class Memory implements ParsedFiles {
  readonly #files = new Map<string, string>();
  hits = 0;
  misses = 0;
  get(text: string): ParsedFile | undefined {
    const found = this.#files.get(text);
    if (found === undefined) this.misses++;
    else this.hits++;
    return found === undefined ? undefined : (JSON.parse(found) as ParsedFile);
  }
  set(text: string, parsed: ParsedFile): void {
    this.#files.set(text, JSON.stringify(parsed));
  }
}

describe('a pipeline loaded from what was parsed before', () => {
  it.each(readdirSync(pipelines).filter((name) => name.endsWith('.yaml')))('is the same: %s', async (name) => {
    const parsed = new Memory();
    const file = join(pipelines, name);
    const first = await load(file, { resolveStage, parsed });
    const missed = parsed.misses;
    const second = await load(file, { resolveStage, parsed });
    expect([parsed.hits > 0, parsed.misses]).toEqual([true, missed]);
    expect(second).toEqual(first);
    expect(second).toEqual(await load(file, { resolveStage }));
  });

  it('has the same mistakes when the call makes some', async () => {
    const parsed = new Memory();
    const text = 'name: p\naxes: { n: [1, 2] }\nstages:\n  a: { run: "echo ${{ n }}", over: [n], outputs: { x: x } }\n';
    await load('p.yaml', { resolveStage, parsed, text });
    for (const set of [['n=[1, 1]'], ['n=5'], ['m=1'], ['n=[{ k: 1 }]']])
      expect(await load('p.yaml', { resolveStage, parsed, text, set })).toEqual(
        await load('p.yaml', { resolveStage, text, set }),
      );
    expect(parsed.hits).toBe(4);
  });
});

describe('StoredParsedFiles', () => {
  const parsed: ParsedFile = { value: { name: 'p', stages: { b: {}, a: {} } }, stages: { b: [1, 2] }, expect: [] };

  it('keeps a file for the same text and parser', () => {
    const folder = writeFiles(testFolder(), { 'store/verified': '' });
    new StoredParsedFiles(folder, 'parser').set('text', parsed);
    const found = new StoredParsedFiles<ParsedFile>(folder, 'parser').get('text');
    expect(found).toEqual(parsed);
    expect(Object.keys((found!.value as { stages: object }).stages)).toEqual(['b', 'a']);
    expect(new StoredParsedFiles(folder, 'parser').get('other')).toBeUndefined();
    expect(new StoredParsedFiles(folder, 'other').get('text')).toBeUndefined();
  });

  it('takes a damaged file for none', () => {
    const folder = writeFiles(testFolder(), { 'store/verified': '' });
    const files = new StoredParsedFiles(folder, 'parser');
    files.set('text', parsed);
    const path = join(folder, 'store/parsed', readdirSync(join(folder, 'store/parsed'))[0]!);
    const bytes = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= 1 << bit;
        writeFileSync(path, damaged);
        expect(files.get('text')).toBeUndefined();
      }),
      { numRuns: 300 },
    );
    writeFileSync(path, bytes.subarray(0, 70));
    expect(files.get('text')).toBeUndefined();
  });

  it('keeps nothing where there is no store, or that JSON would change', () => {
    const folder = testFolder();
    new StoredParsedFiles(folder, 'parser').set('text', parsed);
    expect(listFiles(folder)).toEqual([]);
    writeFiles(folder, { 'store/verified': '' });
    for (const value of [Number.NaN, -0, new Date(0)])
      new StoredParsedFiles(folder, 'parser').set('text', { ...parsed, value });
    expect(listFiles(folder)).toEqual(['store/verified']);
  });

  it('keeps the newest twenty', () => {
    const folder = writeFiles(testFolder(), { 'store/verified': '' });
    const files = new StoredParsedFiles(folder, 'parser');
    for (let i = 0; i < 25; i++) files.set(`text ${i}`, parsed);
    expect(readdirSync(join(folder, 'store/parsed'))).toHaveLength(20);
    expect(files.get('text 24')).toEqual(parsed);
  });
});
