import { createHash } from 'node:crypto';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect } from 'vitest';
import { webgpuEngine } from '../../src/engine/webgpu/engine.js';
import { packageRoot } from '../../src/paths.js';
import { type Sandbox, test } from './program.js';

/** Three epochs of two steps. */
const pipeline = `name: p
stages:
  data: { uses: dataset, with: { name: fashion-mnist-sample, subset: { train: 16, test: 8 } } }
  train:
    uses: train
    inputs: { data: data }
    with: { network: 4C5/2-P7-8, k: 1, B: 2, epochs: 3, batch: 8, learningRate: 1e-3 }
  ann: { uses: ann-infer, inputs: { data: data, checkpoint: train } }
  convert: { uses: snn-convert, inputs: { checkpoint: train, data: data } }
  snn: { uses: snn-infer, inputs: { data: data, network: convert } }
`;

/** An epoch reads 8 times: losses of two steps, three buffers of parameters, logits, and two of moments. */
const readsUntilTrouble = 10;

const preload = pathToFileURL(join(packageRoot, 'test/e2e/gpu-trouble.mjs')).href;

const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
const run = (box: Sandbox, call: string, env: Record<string, string> = {}) => box.run(call.split(' '), env);

/** The same, on a graphics processor of that name. */
const choosing = (name: string) =>
  pipeline.replace('uses: train\n', `uses: train\n    resources: { gpus: 1, gpu: '${name}' }\n`);

/** A part of the name of the first one, as those that there are are told. */
async function listed(box: Sandbox): Promise<string> {
  const { err } = await run(box, 'plan p.yaml --engine webgpu', { SPIKELINE_GPU: 'no such one' });
  return /There are: 1 ([\w ]*\w)/.exec(err)![1]!;
}

/** Node with less memory than the device would take, which is the processor's here. */
function limited(box: Sandbox): string {
  box.write('limited-node', `#!/bin/sh\nulimit -v 60000000\nexec '${process.execPath}' "$@"\n`);
  chmodSync(box.path('limited-node'), 0o755);
  return box.path('limited-node');
}

const { usable } = await webgpuEngine.describe();

// test/peers/webgpu.sh finds a graphics processor in software where there is none.
describe.skipIf(!usable)('a pipeline on a graphics processor', () => {
  test('trains, converts and simulates, twice to the same bytes, and goes on after trouble', async ({ box }) => {
    box.write('p.yaml', pipeline);
    const whole = await run(box, 'run p.yaml --engine webgpu');
    expect([whole.code, whole.err]).toEqual([0, '']);
    expect(whole.out).toContain(' computes train, ann, snn.\n');
    // The training comes out the same after trouble.
    const again = await run(box, 'verify p.yaml ann snn --engine webgpu');
    expect([again.code, again.err]).toEqual([0, '']);
    expect(again.out).toContain('2 of 2 came out the same');
    // By whichever way it was chosen, it is the same processor.
    const chosen = choosing((await listed(box)).toLowerCase());
    box.write('p.yaml', chosen);
    expect((await run(box, 'plan p.yaml --engine webgpu')).out).toContain('0 to run, 5 cached');

    for (const [trouble, message, retries] of [
      ['loss', 'The graphics processor was lost (', 2],
      ['memory', 'The graphics processor is out of memory (', 0],
    ] as const) {
      const artifacts = `after-${trouble}`;
      const call = `run ${trouble}.yaml train --engine webgpu --artifacts ${artifacts}`;
      box.write(`${trouble}.yaml`, chosen.replace('uses: train\n', `uses: train\n    retries: ${retries}\n`));
      if (trouble === 'memory') box.node = limited(box);
      const failing = await run(box, call, {
        ...{ NODE_OPTIONS: `--import=${preload}`, READS: `${readsUntilTrouble}` },
        ...{ MARK: box.path(`${trouble}-happened`), TROUBLE: trouble },
      });
      box.node = process.execPath;
      const log = () => box.read(`${artifacts}/p/.logs/train.log`);
      expect(failing.code).toBe(retries === 0 ? 1 : 0);
      expect(failing.out + failing.err + log()).toContain(message);
      if (retries === 0) {
        expect(failing.out + failing.err).toContain('training resumes after its last whole epoch');
        const next = await run(box, call);
        expect([next.code, next.err]).toEqual([0, '']);
      }
      expect(log()).toContain('resuming after epoch 1,');
      for (const output of ['checkpoint.safetensors', 'history.csv'])
        expect(digest(box.path(`${artifacts}/p/train/${output}`))).toBe(
          digest(box.path(`artifacts/p/train/${output}`)),
        );
    }
  });

  test('is what the quickstart computes on, by a small network and for a few images', async ({ box }) => {
    box.write(
      'few.yaml',
      `name: few
extends: ${join(packageRoot, 'pipelines/quickstart.yaml')}
stages:
  data: { with: { subset: { train: 10, test: 10 } } }
  train: { with: { network: 4C5/2-P7-8, batch: 10 } }
  resume: { with: { batch: 10 } }
`,
    );
    const call = ['run', 'few.yaml', '--profile', 'smoke', '--engine', 'webgpu'];
    const point = ['--set', 'noise=[0.1]', '--set', 'precision=[{ k: 1, B: 2 }]'];
    const { code, out, err } = await box.run([...call, ...point]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(' computes train, resume, ann, snn.\n');
    expect(box.read('artifacts/few/report.html')).toContain('<svg');
  });

  test('is shown, and chosen by name or number; another is refused with those there are', async ({ box }) => {
    box.write('p.yaml', pipeline);
    expect((await run(box, 'doctor')).out).toMatch(
      /engine webgpu +.*; tensors up to [\d.]+ [MG]B \(webgpu [\d.]+, @tensorflow\/tfjs-backend-webgpu [\d.]+\)/,
    );
    const plan = (choice: string) => run(box, 'plan p.yaml train --engine webgpu', { SPIKELINE_GPU: choice });
    for (const choice of ['1', '']) expect([choice, (await plan(choice)).code]).toEqual([choice, 0]);
    for (const choice of ['no such one', '99']) {
      const { code, out, err } = await plan(choice);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(
        new RegExp(
          `^There is no graphics processor "${choice}"\\.\n  hint: There are: 1 .+\\. SPIKELINE_GPU chooses .+\n$`,
        ),
      );
    }
    const name = (await listed(box)).toLowerCase();
    expect([name, (await plan(name)).code]).toEqual([name, 0]);
    box.write('p.yaml', choosing('no such one'));
    // The one of the call takes precedence over the file's.
    expect((await plan('1')).code).toBe(0);
    const { code, out, err } = await plan('');
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(
      /^p\.yaml:4:3: error\[E_GPU_CHOICE\]: There is no graphics processor "no such one"\.\n {3}4 \| {3}train:\n.*\^{5}\n {2}hint: There are: 1 /,
    );
  });

  test.skipIf(process.platform !== 'linux')('is missed before anything runs where there is none', async ({ box }) => {
    box.write('p.yaml', pipeline);
    const { code, out, err } = await run(box, 'run p.yaml --engine webgpu', {
      VK_ICD_FILENAMES: box.path('none.json'),
    });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^The engine "webgpu" found no graphics processor\.\n {2}hint: .*libvulkan1.*\n$/);
    expect(box.has('artifacts/store/records')).toBe(false);
  });
});
