import { UserError } from '../../../error.js';
import type { Network } from '../../../network/architecture.js';
import { formatSize } from '../../../schema/size.js';
import type { WebGpuDescription } from '../library.js';

const floatBytes = 4;

/**
 * The largest tensors of a training step are a layer's activations, [batch][H][W][C]: where a device takes none so large,
 * TensorFlow.js would compute zeros.
 * @throws {UserError} E_GPU_MEMORY for a batch that is too large
 */
export function refuseTooLarge(
  { layers }: Network,
  batch: number,
  { adapter, largestTensor }: Pick<WebGpuDescription, 'adapter' | 'largestTensor'>,
): void {
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
      : `Choose a \`batch\` of at most ${room} images, or leave out --engine.`,
    { exitCode: 1 },
  );
}
