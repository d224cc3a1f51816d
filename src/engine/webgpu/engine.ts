import { paperOptimiser } from '../../network/optimiser.js';
import type { Able, Capability } from '../engine.js';
import { described } from '../probe.js';
import { engineOn, type Library } from '../tensorflow/engine.js';
import { wasmEngine } from '../wasm/engine.js';
import { choiceText, describeWebGpu, webGpuText } from './describe.js';
import type { WebGpu } from './library.js';

const { ignored = [], files = [] } = wasmEngine.identity;

const library: Library = {
  name: 'webgpu',
  sources: ['library', 'spiking/simulator', 'training/trained'].map((name) => `src/engine/webgpu/${name}.ts`),
  // What of the default engine's kernels changes no result.
  ignored,
  // How gradients are made, which the package for Node leaves out; and what simulation takes of the default engine.
  files: ['webgpu-gradients.js', ...files],
  async libraries(choice) {
    const { packages, adapter } = await describeWebGpu(choice);
    return { ...packages, adapter };
  },
  async describe(choice) {
    const description = await described(async () => webGpuText(await describeWebGpu(choice)));
    const others = description.usable ? choiceText(await describeWebGpu(choice)) : undefined;
    return { ...description, ...(others === undefined ? {} : { choice: others }) };
  },
};

const load = async (): Promise<WebGpu> => (await import('./library.js')).loadLibrary();

const onDevice = engineOn(async () => (await load()).tf, library);

/**
 * Graphics processors of all makers, through WebGPU. It trains and evaluates with TensorFlow.js, in single precision: two
 * runs on one device give the same bytes, but not those of another device or engine. It simulates in integers: the same
 * spikes, counts and logits as the default engine.
 */
export const webgpuEngine: Able<Capability> = {
  ...onDevice,
  roundsLevels: true,
  processor: async (choice) => (await describeWebGpu(choice)).adapter,
  async trainer(network, start, { batch, optimizer = paperOptimiser }) {
    const { tf, watch, about } = await load();
    const { refuseTooLarge } = await import('./training/room.js');
    refuseTooLarge(network, batch, about);
    const { TensorFlowTrainer } = await import('../tensorflow/trainer.js');
    const { FusedTrained } = await import('./training/trained.js');
    const { Recorder } = await import('./training/recorder.js');
    const trained = new FusedTrained(tf, network, start, optimizer);
    const trainer = new TensorFlowTrainer(tf, network, start, batch, optimizer, trained);
    return {
      ahead: (...batch) => watch.tried(() => Recorder.on(tf).bring(trainer.prepare(...batch))),
      step: (...batch) => watch.guard(trainer.step(...batch)),
      parameters: () => watch.settled(trainer.parameters()),
      optimizer: () => watch.settled(trainer.optimizer()),
      close: () => trainer.close(),
    };
  },
  async evaluator(...of) {
    const { watch } = await load();
    const evaluator = await onDevice.evaluator(...of);
    return {
      evaluate: (...images) => watch.settled(evaluator.evaluate(...images)),
      load: (parameters) => watch.guard(evaluator.load(parameters)),
      close: () => evaluator.close(),
    };
  },
  async simulator(network, options) {
    const { watch, device } = await load();
    const { WebGpuSimulator } = await import('./spiking/simulator.js');
    const simulator = await watch.guard(WebGpuSimulator.create(device, network, options));
    return {
      simulate: (...of) => watch.settled(simulator.simulate(...of)),
      close: () => simulator.close(),
    };
  },
};
