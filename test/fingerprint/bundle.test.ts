// In a process of its own, where the one esbuild that runs is that of the bundle.
import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundle } from '../../src/fingerprint/bundle.js';
import { forgetPackages } from '../../src/fingerprint/packages.js';
import { testFolder, writeFiles } from '../store/folder.js';

/** Ends esbuild's process, as a Ctrl-C of the terminal does. */
function endEsbuild(): void {
  const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  const found = children.split('\n').filter((line) => line.includes('--service='));
  expect(found).toHaveLength(1);
  process.kill(Number.parseInt(found[0]!, 10), 'SIGINT');
}

describe('a bundle', () => {
  it('is the same whatever the names of the file and its folders mean elsewhere', async () => {
    const names = ['plain.ts', 'a*b?.ts', '-x [1] #%20.ts', '${{ x }} ünï "q"\'.ts'];
    const folder = writeFiles(
      testFolder(),
      Object.fromEntries(names.map((name) => [name, 'export const a = [1, 2 + 3];\n'])),
    );
    const made = await Promise.all(names.map((name) => bundle(join(folder, name), folder)));
    for (const [i, { code, files }] of made.entries()) {
      expect(code).toBe(made[0]!.code);
      expect(Object.keys(files)).toEqual([names[i]]);
    }
  });

  it.skipIf(process.platform === 'win32')('is made of files only, and with what packages say in files', async () => {
    const folder = writeFiles(testFolder(), { 'a.ts': "import './pipe';\n", 'b.ts': "import 'left';\n" });
    for (const name of ['pipe.ts', 'package-lock.json']) execFileSync('mkfifo', [join(folder, name)]);
    symlinkSync('/dev/zero', join(folder, 'zero.ts'));
    writeFiles(folder, { 'large.ts': '', 'closed.ts': '' });
    truncateSync(join(folder, 'large.ts'), 2 ** 40);
    chmodSync(join(folder, 'closed.ts'), 0);
    const isRoot = process.getuid?.() === 0;
    for (const [file, what] of [
      ['a.ts', "./a.ts:1:8: ./pipe.ts can't be read: it is a pipe."],
      ['pipe.ts', "./pipe.ts can't be read: it is a pipe."],
      ['zero.ts', "./zero.ts can't be read: it is a device."],
      ['large.ts', "./large.ts can't be read: it is larger than 256 MiB, too large for such a file."],
      ...(isRoot ? [] : [['closed.ts', "./closed.ts can't be read: permission is denied."] as const]),
    ] as const)
      await expect(bundle(join(folder, file), folder)).rejects.toMatchObject({ code: 'E_STAGE_CODE', message: what });
    writeFiles(folder, { 'node_modules/left/package.json': '{ "version": "1.2.3" }' });
    expect((await bundle(join(folder, 'b.ts'), folder)).packages).toEqual({ left: '1.2.3' });
    // As damaged as a lock file can be without being text.
    for (const text of ['null', '7', '{"packages":null}', '{"packages":{"node_modules/left":null}}']) {
      const fresh = writeFiles(testFolder(), {
        'b.ts': "import 'left';\n",
        'package-lock.json': text,
        'node_modules/left/package.json': '{ "version": "1.2.3" }',
      });
      expect((await bundle(join(fresh, 'b.ts'), fresh)).packages).toEqual({ left: '1.2.3' });
    }
  });

  it('is made of UTF-8 only, in imported files, too', async () => {
    const folder = writeFiles(testFolder(), { 'a.ts': "import './latin';\n", 'b.ts': "import './wide.json';\n" });
    writeFileSync(join(folder, 'latin.ts'), Buffer.from("export const a = 'caf\xe9';\n", 'latin1'));
    writeFileSync(join(folder, 'wide.json'), Buffer.from('\uFEFF{ "a": "café" }', 'utf16le'));
    const latin =
      './latin.ts can\'t be read: it is not UTF-8: the byte 0xE9 in line 1 is "é" in Windows-1252 (Latin-1).';
    for (const [file, message, encoding] of [
      ['latin.ts', latin, 'WINDOWS-1252'],
      ['a.ts', `./a.ts:1:8: ${latin}`, 'WINDOWS-1252'],
      ['b.ts', "./b.ts:1:8: ./wide.json can't be read: it is UTF-16LE, not UTF-8.", 'UTF-16LE'],
    ] as const) {
      const hint = `save it as UTF-8, such as with iconv -f ${encoding} -t UTF-8`;
      await expect(bundle(join(folder, file), folder)).rejects.toMatchObject({ code: 'E_STAGE_CODE', message, hint });
    }
    // With the mark of UTF-8, as some editors have it.
    writeFileSync(join(folder, 'marked.ts'), "\uFEFFexport const a = 'café';\n");
    expect((await bundle(join(folder, 'marked.ts'), folder)).code).toBe('var a="caf\\xE9";export{a};\n');
  });

  it.skipIf(process.platform === 'win32')(
    'holds what is the project’s own, by whatever name it is imported',
    async () => {
      const folder = writeFiles(testFolder(), {
        'package.json': '{ "name": "root", "imports": { "#near": "./near.js" }, "exports": { "./own": "./own.js" } }',
        'a.ts': "export * from '#near';\nexport * from 'root/own';\nexport * from 'linked';\n",
        'near.js': 'export const near = 1;\n',
        'own.js': 'export const own = 1;\n',
        'parts/linked/package.json':
          '{ "version": "1.0.0", "exports": { "import": "./main.js", "module": "./other.js" } }',
        'parts/linked/main.js': "export * from './deeper.js';\nexport * from 'left';\n",
        'parts/linked/deeper.js': 'export const deeper = 1;\n',
        'parts/linked/node_modules/left/package.json': '{ "version": "1.2.3" }',
        'node_modules/.keep': '',
      });
      symlinkSync('../parts/linked', join(folder, 'node_modules/linked'));
      const take = () => {
        forgetPackages();
        return bundle(join(folder, 'a.ts'), folder);
      };
      let before = await take();
      expect(before.packages).toMatchObject({ linked: '1.0.0', left: '1.2.3' });
      for (const file of ['near.js', 'own.js', 'parts/linked/deeper.js']) {
        expect(Object.keys(before.files)).toContain(file);
        writeFiles(folder, { [file]: 'export const other = 2;\n' });
        const after = await take();
        expect(after.code).not.toBe(before.code);
        before = after;
      }
    },
  );

  it.skipIf(process.platform === 'win32')('holds what Node runs whatever package.json says to bundlers', async () => {
    const folder = writeFiles(testFolder(), {
      'package.json': '{ "name": "root", "sideEffects": false }',
      'a.ts': "import './own';\nimport 'linked/setup.js';\nexport default 1;\n",
      'own.ts': 'globalThis.own = 1;\n',
      'parts/linked/package.json': '{ "name": "linked", "version": "1.0.0", "sideEffects": false }',
      'parts/linked/setup.js': "import './deeper.js';\nglobalThis.setup = 1;\n",
      'parts/linked/deeper.js': 'globalThis.deeper = 1;\n',
      'node_modules/.keep': '',
    });
    symlinkSync('../parts/linked', join(folder, 'node_modules/linked'));
    const { code } = await bundle(join(folder, 'a.ts'), folder);
    for (const name of ['own', 'setup', 'deeper']) expect(code).toContain(`globalThis.${name}=1`);
  });

  it.skipIf(process.platform === 'win32').each([
    ['an addon that is not built', "exports.load = () => require('./build/Release/x.node');\n"],
    ['a file of a kind that it can’t read', "exports.load = () => require('./x.wasm');\n"],
    ['what was compiled beside its source', "exports.load = require('./built');\n"],
    ['what is not strict', 'with (Math) exports.load = max;\n'],
    ['another encoding', Buffer.from('exports.load = "caf\xe9";\n', 'latin1')],
  ])('counts a linked package that esbuild can’t bundle as Node runs it by its files, for %s', async (_, main) => {
    const folder = writeFiles(testFolder(), {
      'package.json': '{ "name": "root", "imports": { "#native": "native" } }',
      'a.ts': "import { load } from 'native';\nexport { near } from 'near';\nexport default load;\n",
      'b.ts': "import { load } from '#native';\nexport default load;\n",
      'own.ts': "import 'native';\nimport './gone';\n",
      'parts/native/package.json':
        '{ "name": "native", "version": "1.0.0", "main": "main.js", "dependencies": { "left": "*", "beside": "*" } }',
      'parts/native/x.wasm': 'x',
      'parts/native/built.ts': 'export = 1;\n',
      'parts/native/built.js': 'module.exports = 1;\n',
      'parts/native/node_modules/left/package.json': '{ "version": "1.2.3" }',
      'parts/beside/package.json': '{ "name": "beside", "version": "3.0.0" }',
      'parts/near/package.json': '{ "name": "near", "version": "2.0.0", "main": "main.js" }',
      'parts/near/main.js': 'exports.near = 1;\n',
      'node_modules/.keep': '',
    });
    writeFileSync(join(folder, 'parts/native/main.js'), main);
    for (const name of ['native', 'near', 'beside'])
      symlinkSync(`../parts/${name}`, join(folder, 'node_modules', name));
    const take = async (file: string) => {
      forgetPackages();
      return (await bundle(join(folder, file), folder)).packages;
    };
    const before = await take('a.ts');
    const counted = (version: string) => expect.stringMatching(`^${version} \\(sha256:`) as string;
    expect(before).toEqual({ beside: counted('3.0.0'), left: '1.2.3', native: counted('1.0.0'), near: '2.0.0' });
    expect(await take('b.ts')).toMatchObject({ native: before.native });
    writeFiles(folder, { 'parts/native/.git/HEAD': '1', 'parts/native/node_modules/left/README.md': '1' });
    expect(await take('a.ts')).toEqual(before);
    writeFiles(folder, { 'parts/native/computed/name.js': '1;\n', 'parts/beside/index.js': '1;\n' });
    const after = await take('a.ts');
    expect(after.native).not.toBe(before.native);
    expect(after.beside).not.toBe(before.beside);
    await expect(take('own.ts')).rejects.toThrow('Could not resolve "./gone"');
  });

  it('holds what it names without importing it, with all that this imports and names', async () => {
    const folder = writeFiles(testFolder(), {
      'a.ts': `import { createRequire } from 'node:module';
        import { rate } from './lib/rate.js';
        const load = createRequire(import.meta.url);
        export const made = [load('./own'), new URL('./w.js', import.meta.url), new URL('a%20b.txt?x', import.meta.url)];
        export const paths = [\`\${import.meta.dirname}\`, 'tables/t.csv', './gone.js', '.', 'right', './bytes.ts', rate];
        export const packages = [load('left/part.js'), load('none'), load('node:fs')];
        export const self = './a.ts';`,
      'lib/rate.ts': 'export const rate = 0.5;\nexport const unused = 1;\n',
      'own.js': "module.exports = require('./deeper.cjs');\n",
      'deeper.cjs': 'module.exports = 1;\n',
      'w.js': "import './of-w.js';\nexport const cost = new URL('ünï.bin', import.meta.url);\n",
      'of-w.js': "globalThis.w = 'a.ts';\n",
      'ünï.bin': '1',
      'a b.txt': '1',
      'tables/t.csv': '1',
      'bytes.ts': 'what it is {\n',
      'beside.txt': '1',
      'node_modules/left/package.json': '{ "version": "1.2.3" }',
      'node_modules/right/package.json': '{ "version": "1.2.3" }',
    });
    const take = () => {
      forgetPackages();
      return bundle(join(folder, 'a.ts'), folder);
    };
    let before = await take();
    const named = ['deeper.cjs', 'own.js', 'of-w.js', 'ünï.bin', 'w.js', 'a b.txt', 'tables/t.csv', 'bytes.ts'];
    expect(Object.keys(before.files).sort()).toEqual(['a.ts', 'lib/rate.ts', ...named].sort());
    expect(before.packages).toEqual({ left: '1.2.3' });
    expect(await take()).toEqual(before);
    for (const file of named) {
      writeFiles(folder, { [file]: `globalThis.changed = ${JSON.stringify(file)};\n` });
      const after = await take();
      expect(after.code, file).not.toBe(before.code);
      before = after;
    }
    writeFiles(folder, { 'beside.txt': '2', 'lib/rate.ts': 'export const rate = 0.5; // as before\n' });
    expect((await take()).code).toBe(before.code);
  });

  it('has the files of a linked package that is loaded by its name', async () => {
    const folder = writeFiles(testFolder(), {
      'a.ts': "import { createRequire } from 'node:module';\nexport default createRequire(import.meta.url)('near');\n",
      'parts/near/package.json': '{ "name": "near", "version": "2.0.0" }',
      'parts/near/index.js': 'module.exports = 1;\n',
      'node_modules/.keep': '',
    });
    symlinkSync('../parts/near', join(folder, 'node_modules/near'), 'junction');
    expect((await bundle(join(folder, 'a.ts'), folder)).packages).toEqual({
      near: expect.stringMatching(/^2\.0\.0 \(sha256:/) as string,
    });
  });

  it('has the versions of what is installed, down to what packages depend on, and not those of a lock file left behind', async () => {
    const folder = writeFiles(testFolder(), {
      'a.ts': "import 'left';\nimport './inner/b.js';\nimport 'gone';\nimport 'nowhere';\n",
      'inner/b.ts': "import 'left/part.js';\n",
      'inner/node_modules/left/package.json': '{ "version": "2.0.0" }',
      'node_modules/left/package.json': JSON.stringify({
        version: '1.2.3',
        dependencies: { deep: '*', absent: '*' },
        peerDependencies: { '@scope/beside': '*' },
        optionalDependencies: { 'left-linux': '*' },
      }),
      'node_modules/left/node_modules/deep/package.json': '{ "version": "0.1.0", "dependencies": { "left": "*" } }',
      'node_modules/deep/package.json': '{ "version": "7.0.0" }',
      'node_modules/left-linux/package.json': '{ "version": "1.2.3" }',
      'node_modules/@scope/beside/package.json': '{ "version": "3.0.0" }',
      'node_modules/.package-lock.json': JSON.stringify({
        packages: {
          'node_modules/@scope/beside': { resolved: 'git+ssh://git@example.org/beside.git#0123abcd' },
          'node_modules/left/node_modules/deep': { resolved: 'file:deep.tgz', integrity: 'sha512-abc' },
          'node_modules/left': {
            resolved: 'https://packages.example/left-1.2.3.tgz',
            integrity: 'sha512-def',
          },
        },
      }),
      'package-lock.json': JSON.stringify({
        packages: { 'node_modules/left': { version: '9.9.9' }, 'node_modules/gone': { version: '5.0.0' } },
      }),
    });
    expect((await bundle(join(folder, 'a.ts'), folder)).packages).toEqual({
      '@scope/beside': '3.0.0 (0123abcd)',
      deep: '0.1.0 (sha512-abc)',
      gone: '5.0.0',
      left: '1.2.3, 2.0.0',
      nowhere: 'missing',
    });
  });

  it.skipIf(process.platform === 'win32')('is made although esbuild was ended, even while it works', async () => {
    const folder = writeFiles(testFolder(), { 'a.ts': 'export default 1;\n' });
    const file = join(folder, 'a.ts');
    const before = await bundle(file, folder);
    endEsbuild();
    // Before it is noticed that it is gone, and after.
    expect(await Promise.all([bundle(file, folder), bundle(file, folder)])).toEqual([before, before]);
    endEsbuild();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await Promise.all([bundle(file, folder), bundle(file, folder)])).toEqual([before, before]);
  });
});
