import { UserError } from '../../error.js';
import { paperOptimiser } from '../../network/optimiser.js';
import type { Able } from '../engine.js';
import { describeLibrary, libraryText } from './describe.js';
import type { TensorFlow } from './library.js';

type Load = (threads: number) => TensorFlow | Promise<TensorFlow>;

/** The engine on some TensorFlow.js. */
export function engineOn(load: Load): Able<'train' | 'evaluate'> {
  return {
    name: 'tensorflow',
    identity: {
      sources: ['trainer', 'evaluator', 'library'].map((name) => `src/engine/tensorflow/${name}.ts`),
      async libraries() {
        const { package: binding, version, tensorflow, device } = await describeLibrary();
        return { TensorFlow: tensorflow, [binding]: version, device };
      },
    },
    gradientTypes: ['float32'],
    async describe() {
      try {
        return { usable: true, text: libraryText(await describeLibrary()) };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { usable: false, text: [error.message, error.hint].filter(Boolean).join(' ') };
      }
    },
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
