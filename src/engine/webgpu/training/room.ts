import { UserError } from '../../../error.js';
import type { Network } from '../../../network/architecture.js';
import { formatSize } from '../../../schema/size.js';
import type { WebGpuDescription } from '../library.js';
import { layoutOf } from './layout.js';

const floatBytes = 4;

/**
 * The largest tensors of a training step are a layer's activations, [batch][H][W][C], or the parameters that lie together:
 * where a device takes none so large, TensorFlow.js would compute zeros.
 * @throws {UserError} E_GPU_MEMORY for a batch or a network that is too large
 */
export function refuseTooLarge(
  network: Network,
  batch: number,
  { adapter, largestTensor }: Pick<WebGpuDescription, 'adapter' | 'largestTensor'>,
): void {
  const { layers } = network;
  const { parameters, momentSize } = layoutOf(network);
  const together = floatBytes * Math.max(parameters, momentSize);
  if (together > largestTensor)
    throw new UserError(
      'E_GPU_MEMORY',
      `The network's parameters take ${formatSize(together)}; the graphics processor (${adapter}) takes tensors of up to ` +
        `${formatSize(largestTensor)}.`,
      'Leave out --engine: the network is too large for this processor.',
      { exitCode: 1 },
    );
  const sizes = layers.map(({ name, output }) => ({ name, image: floatBytes * output.reduce((a, b) => a * b) }));
  const { name, image } = sizes.reduce((most, one) => (one.image > most.image ? one : most));
  if (image * batch <= largestTensor) return;
  const room = Math.floor(largestTensor / image);
  throw new UserError(
    'E_GPU_MEMORY',
    `A batch of ${batch} images makes ${formatSize(image * batch)} of the layer ${name}; the graphics processor ` +
      `(${adapter}) takes tensors of up to ${formatSize(largestTensor)}.`,
    room === 0
      ? 'Leave out --engine: the network is too large for this processor.'
      : `Choose a \`batch\` of at most ${room} ${room === 1 ? 'image' : 'images'}, or leave out --engine.`,
    { exitCode: 1 },
  );
}
