import type { Able } from '../engine.js';
import { described } from '../probe.js';
import { engineOn, type Library } from '../tensorflow/engine.js';
import { describeWebGpu, webGpuText } from './describe.js';
import type { WebGpu } from './library.js';

const library: Library = {
  name: 'webgpu',
  sources: ['src/engine/webgpu/library.ts'],
  // How gradients are made, which the package for Node leaves out.
  files: ['webgpu-gradients.js'],
  async libraries() {
    const { packages, adapter } = await describeWebGpu();
    return { ...packages, adapter };
  },
  describe: () => described(async () => webGpuText(await describeWebGpu())),
};

let loaded: Promise<WebGpu> | undefined;

const load = (): Promise<WebGpu> => {
  loaded ??= import('./library.js').then(({ loadLibrary }) => loadLibrary());
  return loaded;
};

const onDevice = engineOn(async () => (await load()).tf, library);

/**
 * Graphics processors of all makers, through WebGPU: TensorFlow.js, in single precision. Two runs on one device give the same
 * bytes, but not those of another device or engine.
 */
export const webgpuEngine: Able<'train' | 'evaluate'> = {
  ...onDevice,
  async trainer(...of) {
    const { watch } = await load();
    const trainer = await onDevice.trainer(...of);
    return {
      step: (...batch) => watch.guard(trainer.step(...batch)),
      parameters: () => watch.guard(trainer.parameters()),
      optimizer: () => watch.guard(trainer.optimizer()),
      close: () => trainer.close(),
    };
  },
  async evaluator(...of) {
    const { watch } = await load();
    const evaluator = await onDevice.evaluator(...of);
    return {
      evaluate: (...images) => watch.guard(evaluator.evaluate(...images)),
      load: (parameters) => watch.guard(evaluator.load(parameters)),
      close: () => evaluator.close(),
    };
  },
};
