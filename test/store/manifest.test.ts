import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { canonicalJson } from '../../src/files/canonical.js';
import { digestBytes, digestFile } from '../../src/files/digest.js';
import { decodeManifest, describeFolder, encodeManifest } from '../../src/store/manifest.js';
import { fuzz } from '../fuzz.js';
import { testFolder, writeFiles } from './folder.js';

const describe_ = (folder: string) => describeFolder(folder, (path) => digestFile(path));

describe('digestFile', () => {
  it('is SHA-256 of the bytes, for files of any number of pieces', async () => {
    const bytes = Buffer.alloc((1 << 21) + 3, 'spikes');
    const folder = testFolder();
    for (const size of [0, 1, 1 << 20, bytes.length]) {
      writeFiles(folder, { file: bytes.toString('latin1', 0, size) });
      expect(await digestFile(join(folder, 'file'))).toEqual({ digest: digestBytes(bytes.subarray(0, size)), size });
    }
    expect(digestBytes('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('describeFolder', () => {
  it('lists files by path with size, digest and executable bit, and folders with nothing in them', async () => {
    const folder = writeFiles(testFolder(), { 'b.txt': 'bb', 'a/z': '', 'a.txt': 'a' });
    mkdirSync(join(folder, 'none/at/all'), { recursive: true });
    chmodSync(join(folder, 'a.txt'), 0o755);
    expect(await describe_(folder)).toEqual({
      type: 'spikeline-folder/1',
      files: [
        { path: 'a.txt', size: 1, digest: digestBytes('a'), executable: true },
        { path: 'a/z', size: 0, digest: digestBytes(''), executable: false },
        { path: 'b.txt', size: 2, digest: digestBytes('bb'), executable: false },
      ],
      emptyFolders: ['none/at/all'],
    });
  });

  it('takes links to blobs of a store for files, and none that lead to nothing', async () => {
    const folder = testFolder();
    const name = `store/blobs/ab/${'c'.repeat(62)}`;
    writeFiles(folder, { [name]: 'blob', 'results/out/x': 'x' });
    symlinkSync(`../../${name}`, join(folder, 'results/out/y'));
    const files = [
      { path: 'x', size: 1, digest: digestBytes('x'), executable: false },
      { path: 'y', size: 4, digest: digestBytes('blob'), executable: false },
    ];
    const out = join(folder, 'results/out');
    expect(await describe_(out)).toEqual({ type: 'spikeline-folder/1', files, emptyFolders: [] });
    rmSync(join(folder, name));
    await expect(describe_(out)).rejects.toMatchObject({ code: 'E_STORE_LINK' });
  });

  it('depends on names and contents alone, not on the order of writing', async () => {
    const name = fc.stringMatching(/^[a-z]{1,3}$/);
    const files = fc.dictionary(name, fc.string({ maxLength: 5 }), { minKeys: 1, maxKeys: 6 });
    await fc.assert(
      fc.asyncProperty(files, async (content) => {
        const [one, two] = [testFolder(), testFolder()];
        writeFiles(one, content);
        writeFiles(two, Object.fromEntries(Object.entries(content).reverse()));
        const text = encodeManifest(await describe_(one));
        expect(encodeManifest(await describe_(two))).toBe(text);
        expect(decodeManifest(text)).toEqual(await describe_(one));
        const [first] = Object.keys(content);
        writeFiles(two, { [first!]: `${content[first!]}!` });
        expect(encodeManifest(await describe_(two))).not.toBe(text);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps links that stay inside, written the shortest way, whether or not they lead to anything', async () => {
    const folder = writeFiles(testFolder(), { 'run-3/data': 'x', 'a/b/c': 'y' });
    const links: Readonly<Record<string, readonly [made: string, kept: string]>> = {
      latest: ['run-3', 'run-3'],
      newest: ['./latest/', 'latest'],
      'a/b/data': ['../../latest/data', '../../latest/data'],
      'a/whole': [join(folder, 'run-3/data'), '../run-3/data'],
      'a/around': ['b/../../run-3', '../run-3'],
      'a/self': ['.', '.'],
      'a/top': ['..', '..'],
      circle: ['circle', 'circle'],
      nowhere: ['not/there', 'not/there'],
    };
    for (const [path, [made]] of Object.entries(links)) symlinkSync(made, join(folder, path));
    const manifest = await describe_(folder);
    expect(manifest.type).toBe('spikeline-folder/2');
    expect(manifest.files.map(({ path }) => path)).toEqual(['a/b/c', 'run-3/data']);
    expect(Object.fromEntries(manifest.links!.map(({ path, target }) => [path, target]))).toEqual(
      Object.fromEntries(Object.entries(links).map(([path, [, kept]]) => [path, kept])),
    );
    expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
  });

  it('names links that leave the folder', async () => {
    const top = writeFiles(testFolder(), { 'in/deep/er/data': 'x', 'out/secret': 'y' });
    const folder = join(top, 'in');
    const refuse = async (target: string, what = 'leads out of the folder') => {
      symlinkSync(target, join(folder, 'link'));
      await expect(describe_(folder)).rejects.toMatchObject({
        code: 'E_STORE_LINK',
        message: `${folder}/link is a symbolic link to ${target}, which ${what}.`,
        hint: 'Put the files themselves there, or name the place that it leads to.',
      });
      rmSync(join(folder, 'link'));
    };
    await refuse('../out/secret');
    await refuse(join(top, 'out'));
    await refuse(`${folder}-beside`);
    await refuse('/etc/passwd');
    await refuse('deep/../../out');
    await refuse('a\\b', 'has a backslash');
    // By its text it stays where it is, and a link on its way leads elsewhere.
    symlinkSync('deep/er', join(folder, 'way'));
    await refuse('way/../er/data', 'leads elsewhere through another link');
  });

  it('refuses sockets', async () => {
    const folder = testFolder();
    const server = createServer().listen(join(folder, 'socket'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    await expect(describe_(folder)).rejects.toMatchObject({
      code: 'E_STORE_FILE_TYPE',
      message: `${join(folder, 'socket')} is neither a file nor a folder.`,
    });
  });
});

describe('names in folders', () => {
  it.each([
    ['a\\b', 'a\\\\b', 'has a backslash'],
    ['a\nb', 'a\\x0ab', 'has a control character'],
    ['esc\u009b', 'esc\\x9b', 'has a control character'],
  ])('%j is refused where it is made, as it would be where it is received', async (name, shown, problem) => {
    const folder = writeFiles(testFolder(), { [`sub/${name}`]: '' });
    await expect(describe_(folder)).rejects.toMatchObject({
      code: 'E_STORE_NAME',
      message: `${folder}/sub/${shown} can't be kept: its path in the folder ${problem}.`,
      hint: 'Give it a name that every system takes.',
    });
  });
});

describe('a path that is too long', () => {
  it('is shown by its ends', async () => {
    const folder = writeFiles(testFolder(), { [`first/${'x/'.repeat(300)}last`]: '' });
    await expect(describe_(folder)).rejects.toMatchObject({
      code: 'E_STORE_NAME',
      message: expect.stringMatching(
        /first\/x.*….*x can't be kept: its path in the folder is more than 256 folders deep\.$/,
      ) as string,
      hint: 'Give it a shorter path, or put the files into an archive.',
    });
  });
});

describe('decodeManifest', () => {
  const empty = digestBytes('');
  const fileAt = (path: string) => ({ path, size: 0, digest: empty, executable: false });
  const manifest = (files: readonly object[], emptyFolders: readonly string[] = []) =>
    canonicalJson({ type: 'spikeline-folder/1', files, emptyFolders });

  it.each([
    ['../up', 'has the name ".."'],
    ['a/./b', 'has the name "."'],
    ['/etc/passwd', 'has an empty name'],
    ['a//b', 'has an empty name'],
    ['', 'has an empty name'],
    ['a/', 'has an empty name'],
    ['a\0b', 'has a control character'],
    ['\u001b]0;title\u0007', 'has a control character'],
    ['a\\..\\b', 'has a backslash'],
    ['x'.repeat(256), 'has a name longer than 255 bytes'],
    ['ü'.repeat(128), 'has a name longer than 255 bytes'],
    [`${'x'.repeat(200)}/`.repeat(21).slice(0, -1), 'is longer than 4095 bytes'],
    [`${'x/'.repeat(256)}x`, 'is more than 256 folders deep'],
  ])('refuses the path %j', (path, problem) => {
    expect(decodeManifest(manifest([fileAt(path)]))).toEqual({
      problem: `has a file (number 1) whose path ${problem}`,
    });
    expect(decodeManifest(manifest([], [path]))).toEqual({
      problem: `has an empty folder (number 1) whose path ${problem}`,
    });
  });

  it('refuses paths that are no text, or half of one', () => {
    const text = manifest([fileAt('a')]);
    expect(decodeManifest(text.replace('"a"', '1'))).toEqual({
      problem: 'has a file (number 1) whose path is not text',
    });
    expect(decodeManifest(text.replace('"a"', '"\\ud800"'))).toEqual({
      problem: 'has a file (number 1) whose path is not Unicode',
    });
  });

  it('refuses bytes that are no UTF-8, and would be read as the same as others', () => {
    const text = manifest([fileAt('caf\ufffd')]);
    expect(decodeManifest(Buffer.from(text))).toEqual(decodeManifest(text));
    const bytes = Buffer.from(manifest([fileAt('caf\u00e9')]), 'latin1');
    expect(decodeManifest(bytes.toString())).not.toHaveProperty('problem');
    expect(decodeManifest(bytes)).toEqual({ problem: 'is not UTF-8' });
  });

  it.each<[string, string, string]>([
    ['a file twice', manifest([fileAt('a'), fileAt('a')]), 'is not in order'],
    ['files in another order', manifest([fileAt('b'), fileAt('a')]), 'is not in order'],
    ['folders in another order', manifest([], ['b', 'a']), 'is not in order'],
    ['a file that is a folder as well', manifest([fileAt('a')], ['a']), 'names a place twice'],
    [
      'a file inside of a file, with others between them in order',
      manifest([fileAt('a'), fileAt('a-b'), fileAt('a.c/d'), fileAt('a/b')]),
      'has something inside of a file, a link or an empty folder',
    ],
    [
      'a file deep inside of an empty folder',
      manifest([fileAt('a/b/c/d')], ['a/b']),
      'has something inside of a file, a link or an empty folder',
    ],
    ['a size below zero', manifest([{ ...fileAt('a'), size: -1 }]), 'has a file (number 1) without a size'],
    ['a part of a byte', manifest([{ ...fileAt('a'), size: 0.5 }]), 'has a file (number 1) without a size'],
    [
      'more bytes than can be counted',
      manifest(['a', 'b'].map((path) => ({ ...fileAt(path), size: Number.MAX_SAFE_INTEGER }))),
      'has files of more bytes than there can be',
    ],
    ['no digest', manifest([{ ...fileAt('a'), digest: 'sha256:0' }]), 'has a file (number 1) without a digest'],
    [
      'no executable bit',
      manifest([{ ...fileAt('a'), executable: 1 }]),
      'has a file (number 1) of which it does not say whether it is executable',
    ],
    ['no file', manifest([null as never]), 'has a file (number 1) whose path is not text'],
    ['another field', manifest([{ ...fileAt('a'), more: 1 }]), 'is not written as lists of files are'],
    ['other white space', ` ${manifest([])}`, 'is not written as lists of files are'],
    ['another notation', manifest([fileAt('a')]).replace('"a"', '"\\u0061"'), 'is not written as lists of files are'],
    [
      'a key twice',
      manifest([fileAt('a')]).replace('"path":"a"', '"path":"../b","path":"a"'),
      'is not written as lists of files are',
    ],
  ])('refuses %s', (_, text, problem) => {
    expect(decodeManifest(text)).toEqual({ problem });
  });

  it.each<[string, string, string, string]>([
    ['leads out', 'a', '../b', 'has a link (number 1) whose target leads out of the folder'],
    ['leads out from below', 'a/b/c', '../../../d', 'has a link (number 1) whose target leads out of the folder'],
    ['goes up on its way', 'a', 'b/../../c', 'has a link (number 1) whose target has the name ".."'],
    ['is not relative', 'a', '/etc', 'has a link (number 1) whose target has an empty name'],
    ['is empty', 'a', '', 'has a link (number 1) whose target has an empty name'],
    ['has a path that leads out', '../a', 'b', 'has a link (number 1) whose path has the name ".."'],
    ['has the place of a file', 'f', 'x', 'names a place twice'],
    ['lies in a file', 'f/a', 'x', 'has something inside of a file, a link or an empty folder'],
  ])('refuses a link that %s', (_, path, target, problem) => {
    const links = [{ path, target }];
    const value = { type: 'spikeline-folder/2', files: [fileAt('f')], emptyFolders: [], links };
    expect(decodeManifest(canonicalJson(value))).toEqual({ problem });
  });

  it('refuses files behind links, and versions that do not go with what there is', () => {
    const value = { type: 'spikeline-folder/2', files: [fileAt('a/b')], emptyFolders: [] };
    const links = [{ path: 'a', target: 'c' }];
    const decode = (changes: object) => decodeManifest(canonicalJson({ ...value, ...changes }));
    expect(decode({ links })).toEqual({ problem: 'has something inside of a file, a link or an empty folder' });
    for (const changes of [{}, { links: [] }, { type: 'spikeline-folder/1', files: [], links }])
      expect(decode(changes)).toEqual({ problem: 'is not written as lists of files are' });
  });

  it('refuses what is no manifest', () => {
    const texts = ['', 'null', '[]', '{}', '{"type":"spikeline-folder/3","files":[],"emptyFolders":[]}'];
    for (const text of [...texts, readFileSync(import.meta.filename, 'utf8')])
      expect(decodeManifest(text)).toEqual({ problem: 'is not a list of files' });
  });

  it('takes as many files as a large data set has, and no more than a million with their folders', () => {
    const paths = Array.from({ length: 20_000 }, (_, i) => `${String(i).padStart(5, '0')}/x/y`);
    expect(decodeManifest(manifest(paths.map(fileAt)))).not.toHaveProperty('problem');
    const deep = paths.slice(0, 4000).map((path) => `${path}${'/z'.repeat(250)}`);
    expect(decodeManifest(manifest([], deep))).toEqual({ problem: 'has more than 1000000 files and folders' });
  });

  it('takes nothing but what a folder would be described as, however a manifest is changed', () => {
    const name = fc.constantFrom('a', 'b', 'a-', 'A', '.', '..', 'ü', ' ', 'a\\', '');
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
    const size = fc.constantFrom(0, 1, -1, 2 ** 53, -0);
    const file = fc.record({ path, size, digest: fc.constant(empty), executable: fc.boolean() });
    const content = fc.record({
      type: fc.constant('spikeline-folder/1'),
      files: fc.uniqueArray(file, { maxLength: 4, selector: (one) => one.path }),
      emptyFolders: fc.uniqueArray(path, { maxLength: 2 }),
    });
    const cut = fc.record({ at: fc.nat(400), length: fc.nat(3), text: fc.constantFrom('', '0', '"', '/', '..', ' ') });
    let taken = 0;
    fc.assert(
      fc.property(content, fc.option(cut), (value, change) => {
        const files = value.files.sort((a, b) => (a.path < b.path ? -1 : 1));
        let text = JSON.stringify({
          emptyFolders: value.emptyFolders.sort(),
          files: files.map(sortKeys),
          type: value.type,
        });
        if (change !== null) {
          const at = change.at % text.length;
          text = text.slice(0, at) + change.text + text.slice(at + change.length);
        }
        const found = decodeManifest(text);
        if ('problem' in found) return;
        taken++;
        expect(encodeManifest(found)).toBe(text);
        const all = [...found.files.map((one) => one.path), ...found.emptyFolders];
        for (const one of all) {
          expect(resolve('/top', one)).toBe(`/top/${one}`);
          expect(all.filter((other) => other === one || other.startsWith(`${one}/`))).toEqual([one]);
        }
      }),
      fuzz(2000),
    );
    expect(taken).toBeGreaterThan(20);
  });
});

const sortKeys = <T extends object>(value: T) => Object.fromEntries(Object.entries(value).sort());
