import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { hexOf } from '../../src/files/digest.js';
import { fileName, pipelineFolderName } from '../../src/store/names.js';
import { Store } from '../../src/store/store.js';
import { commandTask, keyParts, recordOf } from './examples.js';
import { listFiles, testFolder, writeFiles } from './folder.js';

let folder: string;
let store: Store;
beforeEach(() => {
  folder = writeFiles(testFolder(), { one: '1', two: '2', 'plots/a.svg': 'a', 'plots/more/b.svg': 'b' });
  store = Store.open(join(folder, 'artifacts'));
});

const point = { precision: 'k1B2', noise: '0.1' };

async function publish(
  task: ReturnType<typeof commandTask>,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const outputs = await Promise.all(
    Object.entries(files).map(async ([name, file]) => [name, await store.ingest(join(folder, file))] as const),
  );
  return store.published('paper').show(task, recordOf(keyParts({}), Object.fromEntries(outputs)));
}

function tree(): Record<string, string> {
  const paths = listFiles(join(folder, 'artifacts/paper')).filter((path) => !path.startsWith('.'));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, 'artifacts/paper', path), 'utf8')]));
}

describe('publish', () => {
  it('links outputs by relative paths, a level of folders for each axis', async () => {
    await publish(commandTask('snn', point, { result: 'result.json', plots: 'plots' }), {
      result: 'one',
      plots: 'plots',
    });
    expect(tree()).toEqual({
      'snn/k1B2/0.1/result.json': '1',
      'snn/k1B2/0.1/plots/a.svg': 'a',
      'snn/k1B2/0.1/plots/more/b.svg': 'b',
    });
    const { digest } = await store.describe(join(folder, 'one'));
    expect(readlinkSync(join(folder, 'artifacts/paper/snn/k1B2/0.1/result.json'))).toBe(
      `../../../../store/blobs/${hexOf(digest).slice(0, 2)}/${hexOf(digest).slice(2)}`,
    );
    expect(listFiles(join(folder, 'artifacts/store/tmp'))).toEqual([]);
  });

  it('puts new outputs in the place of all old ones, and no others', async () => {
    await publish(commandTask('snn', point, { result: 'old.json', plots: 'plots' }), { result: 'one', plots: 'plots' });
    await publish(commandTask('snn', { ...point, noise: '0' }, { result: 'result.json' }), { result: 'one' });
    await publish(commandTask('snn', point, { result: 'sub/new.json' }), { result: 'two' });
    expect(tree()).toEqual({ 'snn/k1B2/0.1/sub/new.json': '2', 'snn/k1B2/0/result.json': '1' });
  });

  it('follows a stage that gains and loses axes', async () => {
    await publish(commandTask('snn', {}, { result: 'result.json' }), { result: 'one' });
    await publish(commandTask('snn', point, { result: 'result.json' }), { result: 'one' });
    expect(tree()).toEqual({ 'snn/k1B2/0.1/result.json': '1' });
    await publish(commandTask('snn', { precision: 'k1B2' }, { result: 'result.json' }), { result: 'two' });
    expect(tree()).toEqual({ 'snn/k1B2/result.json': '2' });
    await publish(commandTask('snn', {}, { result: 'result.json' }), { result: 'one' });
    expect(tree()).toEqual({ 'snn/result.json': '1' });
  });

  it('shows links of a folder, and is told from a folder in the place of one', async () => {
    for (const path of ['linked/run-1/x', 'unlinked/run-1/x', 'unlinked/latest/x']) writeFiles(folder, { [path]: 'x' });
    symlinkSync(join(folder, 'linked/run-1'), join(folder, 'linked/latest'));
    const task = commandTask('plot', {}, { plots: 'plots' });
    const place = join(folder, 'artifacts/paper/plot/plots');
    await publish(task, { plots: 'linked' });
    expect(readlinkSync(join(place, 'latest'))).toBe('run-1');
    expect(readFileSync(join(place, 'latest/x'), 'utf8')).toBe('x');
    const { ino } = lstatSync(place);
    await publish(task, { plots: 'linked' });
    expect(lstatSync(place).ino).toBe(ino);
    await publish(task, { plots: 'unlinked' });
    expect(lstatSync(join(place, 'latest')).isDirectory()).toBe(true);
  });

  it('writes nothing when all is there already, and mends what is not', async () => {
    const task = commandTask('plot', {}, { plots: 'plots', empty: 'empty' });
    mkdirSync(join(folder, 'none/at/all'), { recursive: true });
    const outputs = { plots: 'plots', empty: 'none' };
    await publish(task, outputs);
    const place = join(folder, 'artifacts/paper/plot');
    const { ino } = lstatSync(place);
    await publish(task, outputs);
    expect(lstatSync(place).ino).toBe(ino);
    expect(lstatSync(join(place, 'empty/at/all')).isDirectory()).toBe(true);
    const mends = async (damage: () => void) => {
      damage();
      await publish(task, outputs);
      expect(tree()).toEqual({ 'plot/plots/a.svg': 'a', 'plot/plots/more/b.svg': 'b' });
    };
    await mends(() => rmSync(join(place, 'plots/a.svg')));
    await mends(() => writeFileSync(join(place, 'stale.txt'), ''));
    await mends(() => rmSync(place, { recursive: true }));
    await mends(() => {
      rmSync(join(place, 'plots/a.svg'));
      symlinkSync(join(folder, 'two'), join(place, 'plots/a.svg'));
    });
    await mends(() => {
      rmSync(join(place, 'plots/a.svg'));
      writeFileSync(join(place, 'plots/a.svg'), 'b');
    });
    await mends(() => {
      rmSync(place, { recursive: true });
      writeFileSync(place, '');
    });
  });
});

describe('files that a user put in the place of a result', () => {
  const moved = /artifacts\/paper\/\.aside\/\d{8}T\d{6}Z(?:-\d+)?\/(.*)$/;

  it('are moved aside and named, whether they are beside it or replace it; links to elsewhere as well', async () => {
    const task = commandTask('plot', {}, { plots: 'plots', page: 'page.html' });
    writeFiles(folder, { page: '<p>' });
    const outputs = { plots: 'plots', page: 'page' };
    await publish(task, outputs);
    const place = join(folder, 'artifacts/paper/plot');
    rmSync(join(place, 'plots/a.svg'));
    writeFiles(place, { 'notes.txt': 'mine', 'plots/a.svg': 'mended', 'own/more.txt': 'more' });
    symlinkSync(folder, join(place, 'link'));
    symlinkSync('plots', join(place, 'inside'));
    const aside = await publish(task, outputs);
    expect(aside.map((path) => moved.exec(path)?.[1]).sort()).toEqual([
      'plot/link',
      'plot/notes.txt',
      'plot/own/more.txt',
      'plot/plots/a.svg',
    ]);
    const texts = aside.filter((path) => lstatSync(path).isFile()).map((path) => readFileSync(path, 'utf8'));
    expect(texts.sort()).toEqual(['mended', 'mine', 'more']);
    expect(tree()).toEqual({ 'plot/page.html': '<p>', 'plot/plots/a.svg': 'a', 'plot/plots/more/b.svg': 'b' });
    expect(await publish(task, outputs)).toEqual([]);
  });

  it('are moved aside where they take the place of a folder; own links between tasks stay', async () => {
    writeFiles(folder, { 'artifacts/paper/snn': 'mine' });
    const [aside] = await publish(commandTask('snn', point, { result: 'result.json' }), { result: 'one' });
    expect(readFileSync(aside!, 'utf8')).toBe('mine');
    symlinkSync(folder, join(folder, 'artifacts/paper/snn/mine'));
    store = Store.open(store.folder);
    await publish(commandTask('snn', { ...point, noise: '0' }, { result: 'result.json' }), { result: 'one' });
    expect(readlinkSync(join(folder, 'artifacts/paper/snn/mine'))).toBe(folder);
  });
});

describe.each(['chart.svg', 'page.HTML'])('%s', (name) => {
  it('is a copy, because browsers show a link to a blob as text, and is told from a wrong one', async () => {
    writeFiles(folder, { [name]: '<svg/>' });
    const task = commandTask('plot', {}, { chart: name });
    const place = join(folder, 'artifacts/paper/plot', name);
    await publish(task, { chart: name });
    const { ino } = lstatSync(place);
    expect(lstatSync(place).isFile()).toBe(true);
    await publish(task, { chart: name });
    expect(lstatSync(place).ino).toBe(ino);
    rmSync(place);
    writeFileSync(place, '<svh/>');
    await publish(task, { chart: name });
    expect(readFileSync(place, 'utf8')).toBe('<svg/>');
  });
});

describe('an executable file', () => {
  it('stays one where it is shown and where tasks find it, and its bit is part of what it is', async () => {
    const path = join(writeFiles(folder, { tool: '#!/bin/sh' }), 'tool');
    const plain = await store.ingest(path);
    chmodSync(path, 0o755);
    const artifact = await store.ingest(path);
    expect(artifact).toEqual({ ...plain, executable: true });
    expect(await store.describe(path)).toEqual(artifact);
    expect(await store.difference(plain, artifact, store)).toBe('it is executable');
    for (const mode of ['link', 'copy'] as const) {
      await store.materialise(artifact, join(folder, mode), { mode });
      expect(statSync(join(folder, mode)).mode & 0o111).toBe(0o111);
    }
    const task = commandTask('make', {}, { tool: 'tool' });
    await publish(task, { tool: 'tool' });
    const place = join(folder, 'artifacts/paper/make/tool');
    const { ino, mode } = lstatSync(place);
    expect(mode & 0o111).toBe(0o111);
    await publish(task, { tool: 'tool' });
    expect(lstatSync(place).ino).toBe(ino);
    chmodSync(path, 0o644);
    await publish(task, { tool: 'tool' });
    expect(lstatSync(place).isSymbolicLink()).toBe(true);
  });
});

describe('logPath', () => {
  it('is a file of its own for every task', () => {
    const path = store.published('paper').logPath(commandTask('snn', point, {}).id);
    expect(path).toBe(join(folder, 'artifacts/paper/.logs/snn@precision=k1B2,noise=0.1.log'));
  });
});

describe('names', () => {
  it('are kept where they can be, and never lead anywhere else', () => {
    expect(fileName('snn@precision=k1B2,noise=0.1')).toBe('snn@precision=k1B2,noise=0.1');
    expect(fileName('..')).toBe('%2e%2e');
    expect(fileName('a/b\\c:d')).toBe('a%2fb%5cc%3ad');
    expect(fileName('ü')).toBe('%c3%bc');
    expect(pipelineFolderName('lenet-mnist')).toBe('lenet-mnist');
    expect(pipelineFolderName('Store')).toBe('%73tore');
  });

  it('are safe and differ for different texts', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        (a, b) => {
          expect(fileName(a)).toMatch(/^[A-Za-z0-9_=@,+%~-][A-Za-z0-9._=@,+%~-]{0,149}$/);
          expect(fileName(a)).not.toMatch(/\.$/);
          expect(fileName(a) === fileName(b)).toBe(a === b);
        },
      ),
    );
  });
});
