import { describe, expect, it } from 'vitest';
import { wasmEngine } from '../../../src/engine/wasm/engine.js';
import { webgpuEngine } from '../../../src/engine/webgpu/engine.js';
import { type Device, loadLibrary } from '../../../src/engine/webgpu/library.js';
import { initialParameters } from '../../../src/network/initialise.js';
import { convert } from '../../../src/spiking/convert.js';
import { describeEngine, smallNetwork } from '../contract.js';
import { batchOf, liveParameters, quantised, settledParameters } from '../examples.js';
import { describeFused } from './fused.js';

const network = smallNetwork(quantised(1, 2));
const options = { batch: 8, threads: 1 };
const { images, labels } = batchOf(network, options.batch, 1);
const start = { parameters: initialParameters(network, 1) };

const { usable } = await webgpuEngine.describe();

// test/peers/webgpu.sh finds a graphics processor in software where there is none.
describe.skipIf(!usable)('the engine on a graphics processor', () => {
  describeEngine(webgpuEngine, wasmEngine);
  describeFused(async () => (await loadLibrary()).tf);

  it('computes the same bytes twice', async () => {
    const train = async () => {
      const trainer = await webgpuEngine.trainer(network, start, options);
      const losses = [];
      for (let step = 0; step < 3; step++) losses.push((await trainer.step(images, labels, 1e-3)).loss);
      const parameters = await trainer.parameters();
      await trainer.close();
      return { losses, parameters };
    };
    expect(await train()).toEqual(await train());
  });

  it('takes a batch that was brought ahead, and else the one that it is given', async () => {
    const [one, two] = [batchOf(network, options.batch, 1), batchOf(network, options.batch, 2)];
    const train = async (ahead: 'ahead' | 'late' | 'other') => {
      const trainer = await webgpuEngine.trainer(network, start, options);
      const losses = [];
      for (const [now, next] of [[one, two] as const, [two, one] as const, [one, undefined] as const]) {
        // As a loader fills its buffers: what they hold is another batch, once a step or `ahead` has taken it.
        const inputs = ahead === 'ahead' && losses.length > 0 ? brought : now.images.slice();
        const stepping = trainer.step(inputs, now.labels, 1e-3);
        if (ahead === 'ahead') inputs.fill(0);
        if (ahead === 'other') trainer.ahead!(one.images.slice().fill(1), one.labels);
        if (ahead === 'ahead' && next !== undefined) {
          brought = next.images.slice();
          trainer.ahead!(brought, next.labels);
          brought.fill(0);
        }
        losses.push((await stepping).loss);
      }
      const parameters = await trainer.parameters();
      await trainer.close();
      return { losses, parameters };
    };
    let brought = new Float32Array();
    const { tf } = await loadLibrary();
    const before = tf.memory().numTensors;
    const late = await train('late');
    expect(await train('ahead')).toEqual(late);
    expect(await train('other')).toEqual(late);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('adds up spikes that fill a byte', async () => {
    const wide = smallNetwork(quantised(3, 20));
    const live = liveParameters(wide, 1);
    for (const [name, values] of live) if (name.endsWith('.gamma')) values.set(values.map((value) => 30 * value));
    const inputs = batchOf(wide, options.batch, 1).images;
    const spiking = convert(wide, await settledParameters(wide, live, inputs, options.batch)).network;
    const [expected, found] = await Promise.all(
      [wasmEngine, webgpuEngine].map(async (engine) => {
        const simulator = await engine.simulator(spiking, options);
        const simulation = await simulator.simulate(inputs, options.batch, undefined, true);
        await simulator.close();
        return simulation;
      }),
    );
    for (const level of expected!.levels.slice(0, -1)) expect(Math.max(...level)).toBeGreaterThan(127);
    expect(found).toEqual(expected);
  });

  it('tells of a device that is lost, and computes nothing more on it', async () => {
    const trainer = await webgpuEngine.trainer(network, start, options);
    const { tf } = await loadLibrary();
    const { device } = tf.backend() as unknown as { readonly device: Device & { destroy(): void } };
    device.destroy();
    // As one that is lost while a step computes: it is not told yet, and then it is.
    for (const told of [undefined, device.lost]) {
      await told;
      expect(() => trainer.ahead!(images, labels)).not.toThrow();
    }
    const lost = { code: 'E_GPU_LOST', message: expect.stringContaining('was lost') as string };
    await expect(trainer.step(images, labels, 1e-3)).rejects.toMatchObject(lost);
    await expect(trainer.parameters()).rejects.toMatchObject(lost);
  });
});
