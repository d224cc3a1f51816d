import { expect, it } from 'vitest';
import { refuseTooLarge } from '../../../../src/engine/webgpu/training/room.js';
import { network } from '../../../../src/network/presets.js';
import { customNetwork, fp32, quantised } from '../../examples.js';

const vgg = network('vgg', { precision: quantised(1, 2) });
/** Bytes of an image's activations in the first layer of VGG, its largest: 24 × 24 pixels, 64 channels. */
const image = 4 * 24 * 24 * 64;

it('takes batches whose largest tensor just fits the device', () => {
  expect(() => refuseTooLarge(vgg, 1000, { adapter: 'Example 1', largestTensor: 1000 * image })).not.toThrow();
});

it('refuses larger ones, and says how many images fit', () => {
  expect(() => refuseTooLarge(vgg, 1001, { adapter: 'Example 1', largestTensor: 1000 * image })).toThrow(
    expect.objectContaining({
      code: 'E_GPU_MEMORY',
      message:
        'A batch of 1001 images makes 148 MB of the layer conv1; the graphics processor (Example 1) takes tensors of up to 147 MB.',
      hint: 'Choose a `batch` of at most 1000 images, or leave out --engine.',
    }) as Error,
  );
  // A network of few parameters and large maps.
  const wide = customNetwork(
    [512, 512, 1],
    [
      { kernel: [3, 3], channels: 4 },
      { kernel: [510, 510], channels: 1 },
    ],
    fp32,
  );
  expect(() => refuseTooLarge(wide, 2, { adapter: 'Example 1', largestTensor: 4 * 510 * 510 * 4 + 1e5 })).toThrow(
    expect.objectContaining({ hint: 'Choose a `batch` of at most 1 image, or leave out --engine.' }) as Error,
  );
});

it('refuses networks whose parameters fit no tensor', () => {
  expect(() => refuseTooLarge(vgg, 1, { adapter: 'Example 1', largestTensor: image - 1 })).toThrow(
    expect.objectContaining({
      code: 'E_GPU_MEMORY',
      message: expect.stringMatching(/^The network's parameters take [\d.]+ MB; .* of up to 147 KB\.$/) as string,
      hint: expect.stringContaining('too large for this processor') as string,
    }) as Error,
  );
});
