import { paperOptimiser } from '../../network/optimiser.js';
import type { Able, EngineDescription, EngineIdentity } from '../engine.js';
import { described } from '../probe.js';
import { describeLibrary, libraryText } from './describe.js';
import type { TensorFlow } from './library.js';

type Load = (threads: number) => TensorFlow | Promise<TensorFlow>;

/** What an engine on TensorFlow.js is called, and what there is of it on this machine. */
export interface Library {
  readonly name: string;
  /** The sources that results depend on, beside those of training and evaluating. */
  readonly sources: readonly string[];
  readonly ignored?: EngineIdentity['ignored'];
  readonly files?: readonly string[];
  readonly libraries: NonNullable<EngineIdentity['libraries']>;
  describe(choice?: string): Promise<EngineDescription>;
}

/** TensorFlow's own library. */
const tensorflow: Library = {
  name: 'tensorflow',
  sources: ['src/engine/tensorflow/library.ts'],
  async libraries() {
    const { package: binding, version, tensorflow, device } = await describeLibrary();
    return { TensorFlow: tensorflow, [binding]: version, device };
  },
  describe: () => described(async () => libraryText(await describeLibrary())),
};

/** The engine on some TensorFlow.js. */
export function engineOn(
  load: Load,
  { name, sources, ignored, files, libraries, describe }: Library = tensorflow,
): Able<'train' | 'evaluate'> {
  return {
    name,
    identity: {
      sources: [...['trainer', 'evaluator'].map((file) => `src/engine/tensorflow/${file}.ts`), ...sources],
      ...(ignored === undefined ? {} : { ignored }),
      ...(files === undefined ? {} : { files }),
      libraries,
    },
    gradientTypes: ['float32'],
    describe,
    async trainer(network, start, { batch, threads, optimizer = paperOptimiser }) {
      const { TensorFlowTrainer } = await import('./trainer.js');
      return new TensorFlowTrainer(await load(threads), network, start, batch, optimizer);
    },
    async evaluator(network, parameters, { threads }) {
      const { TensorFlowEvaluator } = await import('./evaluator.js');
      return new TensorFlowEvaluator(await load(threads), network, parameters);
    },
  };
}

/**
 * TensorFlow through its binding for Node: on a GPU where there is one. It trains and evaluates; spiking networks are
 * simulated in integers by the default engine alone. Its sums have no fixed order, so its results may differ in the
 * last bits from machine to machine.
 */
export const tensorflowEngine = engineOn(async (threads) => (await import('./library.js')).loadLibrary(threads).tf);
