// What a network can't be used for, in the same words before a run, where the pipeline says enough, and in the task.

import { UserError } from '../error.js';
import type { Network, Shape } from './architecture.js';

export interface Refusal {
  readonly code: 'E_CONVERT_FP32' | 'E_CONVERT_FLOAT' | 'E_DATA_SHAPE' | 'E_TRAIN_CHECKPOINT' | 'E_TRAIN_GRADIENTS';
  /** Without full stop. */
  readonly message: string;
  readonly hint: string;
}

export function refusalError({ code, message, hint }: Refusal): UserError {
  return new UserError(code, `${message}.`, hint);
}

/** A network whose activations aren't quantised becomes no spiking one. */
export const unquantised: Refusal = {
  code: 'E_CONVERT_FP32',
  message: 'An fp32 network has no quantised activations, so no number of spikes can stand for them',
  hint: 'train with `k` and `B`; of a sweep over precisions, `exclude` fp32 here',
};

/** Nor does one with float weights in a hidden layer. @param layer such as `Layer 2 of the network` */
export function floatWeights(layer: string): Refusal {
  const message = `${layer} has float weights: spikes weighted by them don't add up to whole numbers`;
  return { code: 'E_CONVERT_FLOAT', message, hint: 'train a network whose hidden layers are ternary' };
}

/** Gradients in integers are those of ternary weights. */
export const floatGradients: Refusal = {
  code: 'E_TRAIN_GRADIENTS',
  message: 'Integer gradients need ternary weights, and this network is trained at fp32',
  hint: 'leave `gradients` out, or quantise, such as with k: 1, B: 2',
};

/**
 * Images must be of the network's own size, or large enough for its crops; undefined if they are.
 *
 * @param images height, width and channels, of the data set that is called `name`
 */
export function otherImages(
  { input, preprocessing }: Pick<Network, 'input' | 'preprocessing'>,
  images: Shape,
  name: string,
): Refusal | undefined {
  const crops = preprocessing === 'crops';
  const fits = input.every((size, axis) => (crops && axis < 2 ? images[axis]! >= size : images[axis] === size));
  if (fits) return undefined;
  const takes = `${crops ? 'crops' : 'images'} of ${input.join('×')}`;
  return {
    code: 'E_DATA_SHAPE',
    message: `The network takes ${takes}, but the images of ${name} are ${images.join('×')}`,
    hint: 'use the data set that it is trained on, or train another network on this one',
  };
}

/**
 * A training that goes on from a checkpoint asks for another network than that one's; undefined if it asks for the same,
 * or one of them isn't known.
 *
 * @param parameter that asks: `k` stands for both that make a precision
 */
export function otherThanCheckpoint(
  parameter: string,
  wanted: string | number | undefined,
  found: string | number | undefined,
): Refusal | undefined {
  if (wanted === undefined || found === undefined || wanted === found) return undefined;
  const [what, names] = parameter === 'k' ? ['precision', '`k` and `B`'] : [parameter, `\`${parameter}\``];
  return {
    code: 'E_TRAIN_CHECKPOINT',
    message: `The checkpoint's ${what} is ${found}, and this stage asks for ${wanted}`,
    hint: `leave ${names} out to go on with the checkpoint's`,
  };
}
