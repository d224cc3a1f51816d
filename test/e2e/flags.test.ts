import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import { flagSets } from '../../src/engine/wasm/compiler/flags.js';
import { expectedHash } from '../../src/engine/wasm/compiler/trial.js';
import { buildFolder, packageRoot } from '../../src/paths.js';
import { type Sandbox, test } from './program.js';

const pipeline = `name: p
axes: { seed: [1, 2, 3] }
stages:
  data: { uses: dataset, with: { name: fashion-mnist-sample, subset: { train: 40, test: 20 } } }
  train:
    over: [seed]
    uses: train
    inputs: { data: data }
    with: { network: 2C5/2-P7-4, k: 1, B: 2, epochs: 1, batch: 8, seed: '\${{ seed }}' }
`;

/** The built program, with another process to try V8's flags in. */
function install(box: Sandbox, probe: string) {
  mkdirSync(box.path('.build'));
  cpSync(buildFolder, box.path('.build/copy'), { recursive: true });
  rmSync(box.path('.build/copy/engine-probe.js'));
  writeFileSync(box.path('.build/copy/engine-probe.js'), probe);
  for (const name of ['node_modules', 'package.json', 'pipelines'])
    symlinkSync(join(packageRoot, name), box.path(name));
  box.write('p.yaml', pipeline);
  const env = {
    CI: 'true',
    GITHUB_ACTIONS: '',
    SPIKELINE_CACHE: box.path('cache'),
    XDG_CONFIG_HOME: box.path('config'),
  };
  return (args: string) =>
    execa(process.execPath, [box.path('.build/copy/cli.cjs'), ...args.split(' ')], {
      cwd: box.folder,
      env,
      reject: false,
    });
}

const crash = "process.kill(process.pid, 'SIGTRAP'); setInterval(() => {}, 1000);";
const sets = flagSets();
const engineLine = (text: string) => /^engine wasm .*/m.exec(text)?.[0].replaceAll(/ {2,}/g, ' ');

describe.concurrent('V8 that does not do well with its flags', () => {
  test('is used without them, and found out once', async ({ box }) => {
    const spikeline = install(
      box,
      `import { appendFileSync } from 'node:fs';
      const flags = process.argv.slice(2);
      appendFileSync(${JSON.stringify(box.path('tried'))}, 'x');
      if (flags.length > 0) { ${crash} }
      else console.log('${expectedHash}');`,
    );
    // Three trainings at once begin with nothing known.
    expect((await spikeline('run p.yaml')).exitCode).toBe(0);
    const tried = () => box.read('tried').length;
    const before = tried();
    expect(before % sets.length).toBe(0);
    expect((await spikeline('run p.yaml --set seed=[4]')).exitCode).toBe(0);
    expect(tried()).toBe(before);

    const { exitCode, stdout } = await spikeline('doctor');
    expect([exitCode, engineLine(stdout)]).toEqual([
      0,
      'engine wasm ok WebAssembly with SIMD, threads on shared memory, no flags of V8' +
        sets
          .slice(0, -1)
          .map((flags) => `; a process with ${flags.join(' ')} was ended by SIGTRAP`)
          .join('') +
        '; native kernels are turned off by SPIKELINE_KERNELS',
    ]);
    expect(tried()).toBe(before + sets.length);
  });

  test('is told where the engine does not even work without', async ({ box }) => {
    const spikeline = install(box, crash);
    const told = `The engine does not work with Node ${process.version} on this machine: a process that tried it was ended by SIGTRAP.`;
    const { exitCode, stdout, stderr } = await spikeline('doctor');
    expect([exitCode, engineLine(stdout), stderr]).toEqual([1, `engine wasm PROBLEM ${told}`, '']);
    const run = await spikeline('run p.yaml train@seed=1');
    expect([run.exitCode, run.stdout]).toEqual([
      1,
      expect.stringContaining(
        `train@seed=1 failed [E_ENGINE]\n  ${told}\n  hint: Another version of Node may work: 20, 22, 24 and 26 are tested.\n`,
      ),
    ]);
  });
});
