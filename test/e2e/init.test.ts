import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { type Sandbox, test } from './program.js';

const names = ['quickstart', 'sweep', 'own-data', 'paper'];

/** As if it had been installed. */
function install(box: Sandbox): void {
  mkdirSync(box.path('node_modules'));
  symlinkSync(packageRoot, box.path('node_modules/spikeline'));
}

describe.concurrent('init', () => {
  test('makes folders whose pipelines have no mistakes', async ({ box }) => {
    install(box);
    for (const name of names) {
      expect(await box.run(['init', name, '--template', name])).toMatchObject({ code: 0, err: '' });
      const { out, err } = await box.run(['validate', `${name}/${name}.yaml`]);
      expect({ out, err }).toEqual({ out: expect.stringContaining('no mistakes'), err: '' });
      expect(box.read(`${name}/.gitignore`)).toBe('node_modules/\n');
      expect(box.read(`${name}/${name}.yaml`)).toMatch(
        /^# yaml-language-server: \$schema=\.\/pipeline\.schema\.json\n/,
      );
      expect(box.has(`${name}/pipeline.schema.json`)).toBe(true);
      expect(box.has(`${name}/package.json`)).toBe(false);
    }
    expect(readdirSync(box.path('own-data/pictures'))).toHaveLength(10);
    expect(readdirSync(box.path('own-data/pictures/ankle-boot'))).toHaveLength(60);
  });

  test('makes a project of its own, with its own results, inside of another', async ({ box }) => {
    install(box);
    box.write('package.json', '{ "private": true }');
    const git = (...args: string[]) => spawnSync('git', args, { cwd: box.folder, encoding: 'utf8' });
    git('init', '-q');
    await box.run(['init', 'deep/own']);
    box.write(
      'deep/own/one.yaml',
      'name: one\nstages: { a: { run: "echo 1 > ${{ outputs.o }}", outputs: { o: o.txt } } }\n',
    );
    expect((await box.run(['run', 'deep/own/one.yaml'])).code).toBe(0);
    expect(box.read('deep/own/artifacts/one/a/o.txt')).toBe('1\n');
    expect(box.has('artifacts')).toBe(false);
    // Git keeps what makes it one, and none of its results.
    const { stdout, error } = git('ls-files', '--others', '--exclude-standard', 'deep/own/artifacts');
    if (error === undefined) expect(stdout).toBe('deep/own/artifacts/.gitignore\n');
    // What is removed as a result is not.
    await box.run(['gc', 'deep/own/one.yaml']);
    expect(box.has('deep/own/artifacts/.gitignore')).toBe(true);
  });

  test('makes a stage whose test passes', async ({ box }) => {
    install(box);
    const { out } = await box.run(['init']);
    // As a killed run leaves its locks, and what has been removed its links.
    mkdirSync(box.path('artifacts/store/locks'), { recursive: true });
    symlinkSync('nobody', box.path('artifacts/store/locks/left'));
    const call = / (node --test .*\.mjs) /.exec(out)![1]!.replace('node', `"${process.execPath}"`);
    const { status, stdout } = spawnSync(call, { cwd: box.folder, encoding: 'utf8', shell: true });
    expect(stdout).toContain('# pass 1\n');
    expect(status).toBe(0);
  });

  test('says how to get the package where it is not installed', async ({ box }) => {
    const { out } = await box.run(['init', 'new folder']);
    expect(out).toContain("  cd 'new folder'\n  npm install  ");
    expect(JSON.parse(box.read('new folder/package.json'))).toMatchObject({
      name: 'new-folder',
      scripts: { test: 'node --test test/*.test.mjs' },
      dependencies: { spikeline: expect.stringMatching(/^file:/) },
    });
    box.write('mine/package.json', '{}\n');
    expect((await box.run(['init', 'mine'])).out).toMatch(/npm install \.\S+ +# once\n/);
    expect(box.read('mine/package.json')).toBe('{}\n');
  });

  test('leaves what is there as it is', async ({ box }) => {
    install(box);
    box.write('.gitignore', 'mine\n');
    box.write('stages/trade-off.ts', '// mine\n');
    const { code, out } = await box.run(['init']);
    expect(code).toBe(0);
    expect(out).toContain('Left as they were: .gitignore, stages/trade-off.ts\n');
    expect(box.read('.gitignore')).toBe('mine\n');
    expect(box.read('stages/trade-off.ts')).toBe('// mine\n');
    expect(await box.run(['init'])).toMatchObject({
      code: 2,
      err: 'There is a quickstart.yaml already in ..\n  hint: name another folder: npx spikeline init FOLDER --template quickstart\n',
    });
  });

  test('says what it can not do', async ({ box }) => {
    const { code, err } = await box.run(['init', '--template', 'swep']);
    expect({ code, err }).toEqual({ code: 2, err: 'There is no template "swep".\n  hint: did you mean "sweep"?\n' });
    expect(box.has('.gitignore')).toBe(false);
    box.write('file', '');
    expect(await box.run(['init', 'file/x'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^There is a file where a folder has to be for .*file\/x\.\n {2}hint: name a writable folder/,
      ),
    });
  });
});
