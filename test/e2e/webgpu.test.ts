import { createHash } from 'node:crypto';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect } from 'vitest';
import { webgpuEngine } from '../../src/engine/webgpu/engine.js';
import { packageRoot } from '../../src/paths.js';
import { type Sandbox, test } from './program.js';

/** Three epochs of five steps. */
const pipeline = `name: p
stages:
  data: { uses: dataset, with: { name: fashion-mnist-sample, subset: { train: 40, test: 20 } } }
  train:
    uses: train
    inputs: { data: data }
    with: { network: 4C5/2-P7-8, k: 1, B: 2, epochs: 3, batch: 8, learningRate: 1e-3 }
  ann: { uses: ann-infer, inputs: { data: data, checkpoint: train } }
  convert: { uses: snn-convert, inputs: { checkpoint: train, data: data } }
  snn: { uses: snn-infer, inputs: { data: data, network: convert } }
`;

/** An epoch reads 42 times: losses of five steps, logits, 16 parameters and 20 moments. */
const readsUntilTrouble = 45;

const preload = pathToFileURL(join(packageRoot, 'test/e2e/gpu-trouble.mjs')).href;

const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
const run = (box: Sandbox, call: string, env: Record<string, string> = {}) => box.run(call.split(' '), env);

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
    const again = await run(box, 'verify p.yaml --engine webgpu');
    expect([again.code, again.err]).toEqual([0, '']);
    expect(again.out).toContain('5 of 5 came out the same');

    for (const [trouble, message] of [
      ['loss', 'The graphics processor was lost ('],
      ['memory', 'The graphics processor is out of memory ('],
    ] as const) {
      const [artifacts, mark] = [`after-${trouble}`, box.path(`${trouble}-happened`)];
      const call = `run p.yaml train --engine webgpu --artifacts ${artifacts}`;
      if (trouble === 'memory') box.node = limited(box);
      const failing = await run(box, call, {
        ...{ NODE_OPTIONS: `--import=${preload}`, READS: `${readsUntilTrouble}`, MARK: mark, TROUBLE: trouble },
      });
      box.node = process.execPath;
      expect(failing.code).toBe(1);
      expect(failing.out + failing.err).toContain(message);
      expect(failing.out + failing.err).toContain('training resumes after its last whole epoch');
      const next = await run(box, call);
      expect([next.code, next.err]).toEqual([0, '']);
      expect(box.read(`${artifacts}/p/.logs/train.log`)).toContain('resuming after epoch 1,');
      for (const output of ['checkpoint.safetensors', 'history.csv'])
        expect(digest(box.path(`${artifacts}/p/train/${output}`))).toBe(
          digest(box.path(`artifacts/p/train/${output}`)),
        );
    }
  });
});
