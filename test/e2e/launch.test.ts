import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import { buildFolder, packageRoot } from '../../src/paths.js';
import { type Sandbox, test } from './program.js';

/** The built command line alone, with or without its compiled code. */
class Copy {
  readonly #folder: string;
  readonly cache: string;

  constructor(box: Sandbox) {
    this.#folder = box.path('.build/copy');
    mkdirSync(this.#folder, { recursive: true });
    copyFileSync(join(packageRoot, 'package.json'), box.path('package.json'));
    const files = readdirSync(buildFolder).filter((name) => /^(cli\.cjs|program(\.cjs|-.*\.cache))$/.test(name));
    for (const name of files) copyFileSync(join(buildFolder, name), join(this.#folder, name));
    this.cache = join(this.#folder, files.find((name) => name.endsWith(`-${process.version}-${process.arch}.cache`))!);
  }

  names(): string[] {
    return readdirSync(this.#folder).sort();
  }

  async help(): Promise<string> {
    const { stdout } = await execa(process.execPath, [join(this.#folder, 'cli.cjs'), 'run', '--help']);
    return stdout;
  }

  async warnings(): Promise<string> {
    const { stderr } = await execa(process.execPath, [join(this.#folder, 'cli.cjs'), 'run', '--help']);
    return stderr;
  }

  /** Is the compiled code there as one start leaves it, and does the next one take it as it is? */
  async isKept(): Promise<boolean> {
    const before = statSync(this.cache);
    if (!(await this.help()).includes('--keep-going')) return false;
    const after = statSync(this.cache);
    return before.ino === after.ino && before.mtimeMs === after.mtimeMs;
  }
}

describe('the compiled code of the command line', () => {
  test('is there once it is built, and taken', async ({ box }) => {
    expect(await new Copy(box).isKept()).toBe(true);
  });

  test.for<readonly [string, (file: string) => void]>([
    ['is missing', (file) => rmSync(file)],
    ['is empty', (file) => writeFileSync(file, '')],
    ['is cut off', (file) => writeFileSync(file, readFileSync(file).subarray(0, 100_000))],
    ['has another byte at its beginning', (file) => change(file, 33)],
    ['has another byte somewhere', (file) => change(file, 500_000)],
    ['has another byte in its digest', (file) => change(file, 5)],
  ])('is written anew where it %s', async ([, damage], { box }) => {
    const copy = new Copy(box);
    damage(copy.cache);
    const names = copy.names();
    expect(await copy.help()).toContain('--keep-going');
    expect(copy.names()).toEqual([...new Set([...names, copy.cache.split(/[\\/]/).at(-1)!])].sort());
    expect(await copy.isKept()).toBe(true);
  });

  test('is compiled under flags that this version of Node knows: of others V8 would tell', async ({ box }) => {
    expect(await new Copy(box).warnings()).toBe('');
  });

  test('is there for what checks pipeline files, too', () => {
    const names = readdirSync(join(buildFolder, 'validators'));
    expect(names.filter((name) => name.endsWith(`-${process.version}-${process.arch}.cache`))).not.toEqual([]);
  });

  test('is done without where it cannot be written', async ({ box }) => {
    const copy = new Copy(box);
    rmSync(copy.cache);
    mkdirSync(join(copy.cache, 'in the way'), { recursive: true });
    const names = copy.names();
    expect(await copy.help()).toContain('--keep-going');
    expect(copy.names()).toEqual(names);
  });

  test('of another version of Node is not taken', async ({ box }) => {
    const copy = new Copy(box);
    const other = copy.cache.replace(process.version, 'v0.0.0');
    renameSync(copy.cache, other);
    expect(await copy.help()).toContain('--keep-going');
    expect(statSync(copy.cache).size).toBeGreaterThan(100_000);
  });

  test.for(['--frozen-intrinsics', '--disallow-code-generation-from-strings'])(
    'is not asked for where Node was started with %s',
    async (flag, { box }) => {
      const { code, err } = await box.run(['--help'], { NODE_OPTIONS: flag });
      const said = `Node was started with ${flag}, which Spikeline does not run with.\n  hint: Take it out of NODE_OPTIONS.\n`;
      expect([code, err]).toEqual([2, expect.stringContaining(said)]);
    },
  );

  test('loads no page that nobody asks for', () => {
    const text = (name: string) => readFileSync(join(buildFolder, name), 'utf8');
    expect(text('live.js')).toContain('text/event-stream');
    expect(text('program.cjs')).not.toContain('text/event-stream');
  });

  test('loads Node’s modules for processes and threads when the first one starts', async ({ box }) => {
    box.write(
      'pipeline.yaml',
      "name: p\nstages: { a: { run: 'echo 1 > ${{ outputs.out }}', outputs: { out: out } } }\n",
    );
    box.write(
      'loaded.cjs',
      `process.on('exit', () => require('node:fs').writeFileSync('loaded', process.moduleLoadList.join('\\n')));`,
    );
    const loaded = async () => {
      await box.run(['run', 'pipeline.yaml'], { NODE_OPTIONS: `--require=${box.path('loaded.cjs')}` });
      return box
        .read('loaded')
        .split('\n')
        .filter((name) => /^NativeModule (child_process|worker_threads|fs)$/.test(name));
    };
    expect(await loaded()).toContain('NativeModule child_process');
    expect(await loaded()).toEqual(['NativeModule fs']);
  });

  // Every run reads it. Other characters come from tagged templates, which can't be written otherwise by the bundler.
  test('is ASCII, which is read faster and takes half the memory', () => {
    const text = readFileSync(join(buildFolder, 'program.cjs'), 'utf8');
    expect(/.{0,40}[^\0-\x7f].{0,40}/.exec(text)?.[0]).toBeUndefined();
  });
});

function change(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 0x10;
  writeFileSync(file, bytes);
}
