import { chmodSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestBytes, digestFile } from '../../src/store/digest.js';
import { decodeManifest, describeFolder, encodeManifest } from '../../src/store/manifest.js';
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

  it('follows links to files inside, and refuses all others', async () => {
    const folder = writeFiles(testFolder(), { 'in/data': 'x', 'out/secret': 'y' });
    const inside = join(folder, 'in');
    symlinkSync('data', join(inside, 'same'));
    expect((await describe_(inside)).files.map(({ path, digest }) => [path, digest])).toEqual([
      ['data', digestBytes('x')],
      ['same', digestBytes('x')],
    ]);
    const refuse = async (target: string, what: string) => {
      const name = `link-${target.length}`;
      const outer = writeFiles(testFolder(), { 'sub/file': '' });
      symlinkSync(target, join(outer, name));
      await expect(describe_(outer)).rejects.toMatchObject({
        code: 'E_STORE_LINK',
        message: `${join(outer, name)} is a symbolic link ${what}.`,
      });
    };
    await refuse(join(folder, 'out/secret'), 'that leads out of its folder');
    await refuse('sub', 'to a folder');
    await refuse('nowhere-at-all', 'to nothing');
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

describe('decodeManifest', () => {
  it.each(['../up', '/etc/passwd', 'a/../../b', 'a//b', '', '.', 'a\0b'])('refuses the path %j', async (path) => {
    const file = { path, size: 0, digest: digestBytes(''), executable: false };
    const manifest = { type: 'spikeline-folder/1', files: [file], emptyFolders: [] } as const;
    expect(decodeManifest(encodeManifest(manifest))).toBeUndefined();
    expect(decodeManifest(encodeManifest({ ...manifest, files: [], emptyFolders: [path] }))).toBeUndefined();
  });

  it('refuses what is no manifest', () => {
    for (const text of ['', 'null', '[]', '{}', '{"type":"spikeline-folder/2","files":[],"emptyFolders":[]}'])
      expect(decodeManifest(text)).toBeUndefined();
    expect(decodeManifest(readFileSync(import.meta.filename, 'utf8'))).toBeUndefined();
  });
});
