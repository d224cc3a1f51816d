import { UserError } from '../../error.js';
import type { Engine } from '../engine.js';
import { TensorFlowEvaluator } from './evaluator.js';
import { loadLibrary, type TensorFlow } from './library.js';
import { TensorFlowTrainer } from './trainer.js';

/** The engine on some TensorFlow.js. */
export function engineOn(load: (threads: number) => TensorFlow): Engine {
  return {
    name: 'tensorflow',
    trainer: async (network, start, { batch, threads, gradients = 'float32' }) => {
      if (gradients !== 'float32')
        throw new UserError(
          'E_ENGINE',
          `The engine "tensorflow" computes gradients in float32 alone, and this stage asks for ${gradients}.`,
          'Leave `gradients` out, or train with the default engine.',
        );
      return new TensorFlowTrainer(load(threads), network, start, batch);
    },
    evaluator: async (network, parameters, { threads }) => new TensorFlowEvaluator(load(threads), network, parameters),
  };
}

/**
 * TensorFlow through its binding for Node: on a GPU where there is one. It trains and evaluates; spiking networks are
 * simulated in integers by the default engine alone. Its sums have no fixed order, so its results may differ in the
 * last bits from machine to machine.
 */
export const tensorflowEngine: Engine = engineOn((threads) => loadLibrary(threads).tf);
