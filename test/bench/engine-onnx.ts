// ONNX Runtime in the engine's benchmark: inference of the ANN in single precision, as a float runtime likes it best. The
// exported model (src/exchange/onnx) decides as our engine does, in double precision, and would be slower.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Parameters } from '../../src/engine/engine.js';
import { exportedTensors } from '../../src/exchange/arrays.js';
import { encodeOnnx, type OnnxModel, type OnnxNode, type OnnxTensor } from '../../src/exchange/onnx/messages.js';
import { elements, permute } from '../../src/formats/shape.js';
import type { Network } from '../../src/network/architecture.js';
import { blocksOf } from '../../src/network/layers.js';
import { weightShape } from '../../src/network/parameters.js';
import { spikesPerUnit } from '../../src/network/precision.js';
import type { Contender } from './engine-contenders.js';
import { example, settled, turnSeconds } from './engine-steps.js';

/** Convolution, batch norm (which runtimes fold into it), clip and rounding of every block, all in float32. */
function floatModel(network: Network, parameters: Parameters): OnnxModel {
  const tensors = new Map(exportedTensors(network, parameters, 'ternary').map(({ name, data }) => [name, data]));
  const nodes: OnnxNode[] = [];
  const constants: OnnxTensor[] = [];
  const constant = (name: string, shape: readonly number[], data: OnnxTensor['data']) => {
    constants.push({ name, shape, data });
    return name;
  };
  const node = (operator: string, inputs: string[], output: string, attributes: OnnxNode['attributes'] = {}) => {
    nodes.push({ operator, inputs, output, attributes });
    return output;
  };
  if (network.precision.kind === 'fp32') throw new TypeError('the benchmark has no runtime at fp32');
  const { k, B } = network.precision;
  const n = spikesPerUnit(k);
  const scalar = (name: string, value: number) => constant(name, [], Float32Array.of(value));
  const [zero, bound, levels, half, unit] = [
    scalar('zero', 0),
    scalar('bound', B),
    scalar('levels', n),
    scalar('half', 0.5),
    scalar('unit', 1 / n),
  ];
  let current = 'images';
  for (const layer of blocksOf(network)) {
    const { name, kernel, stride, padding } = layer;
    const [vertical, horizontal] = padding;
    const weight = permute({ shape: weightShape(layer), data: tensors.get(`${name}.weight`)! }, [3, 2, 0, 1]);
    const sums = node('Conv', [current, constant(`${name}.weight`, weight.shape, weight.data)], `${name}.sums`, {
      kernel_shape: kernel,
      strides: [stride, stride],
      pads: [vertical, horizontal, vertical, horizontal],
    });
    const norm = ['gamma', 'beta', 'mean', 'variance'].map((role) =>
      constant(`${name}.${role}`, [layer.output[2]], tensors.get(`${name}.${role}`)!),
    );
    const normal = node('BatchNormalization', [sums, ...norm], `${name}.normal`); // ε is 1e-5, as ours
    const clipped = node('Clip', [normal, zero, bound], `${name}.clipped`);
    const scaled = n === 1 ? clipped : node('Mul', [clipped, levels], `${name}.scaled`);
    const level = node('Floor', [node('Add', [scaled, half], `${name}.raised`)], `${name}.level`);
    current = n === 1 ? level : node('Mul', [level, unit], `${name}.activation`);
  }
  const inputs = elements(network.layers.at(-1)!.input);
  const pixels = node('Transpose', [current], 'dense.pixels', { perm: [0, 2, 3, 1] });
  const shape = constant('dense.shape', [2], BigInt64Array.of(-1n, BigInt(inputs)));
  const flat = node('Reshape', [pixels, shape], 'dense.inputs');
  const dense = constant('dense.weight', [inputs, network.classes], tensors.get('dense.weight')!);
  node('MatMul', [flat, dense], 'logits');
  const [height, width, channels] = network.input;
  return {
    ...{ name: network.name, description: 'for a benchmark', nodes, constants, metadata: {} },
    inputs: [{ name: 'images', type: 'float', shape: ['N', channels, height, width], description: '' }],
    outputs: [{ name: 'logits', type: 'float', shape: ['N', network.classes], description: '' }],
  };
}

/** What of the library is used. */
interface Library {
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: object): Promise<unknown>; release(): Promise<void> }>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => unknown;
}

/**
 * The ANN of a quantised network in ONNX Runtime, in this process.
 * @param folder where test/peers/onnxruntime.sh put it
 */
export async function onnxContender(
  folder: string,
  network: Network,
  { batch, threads }: { readonly batch: number; readonly threads: number },
): Promise<Contender> {
  const { images } = example(network, batch);
  const parameters = await settled(network, batch);
  const require = createRequire(join(folder, 'package.json'));
  const { InferenceSession, Tensor } = require('onnxruntime-node') as Library;
  const { version } = require('onnxruntime-node/package.json') as { version: string };
  const session = await InferenceSession.create(encodeOnnx(floatModel(network, parameters)), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  const [height, width, channels] = network.input;
  const count = images.length / elements(network.input);
  const nchw = permute({ shape: [count, height, width, channels], data: images }, [0, 3, 1, 2]);
  const step = async () => {
    const feeds = { images: new Tensor('float32', nchw.data, nchw.shape) };
    const seconds = await turnSeconds(() => session.run(feeds));
    // Its threads go on looking for work for a moment: not at the cost of the next contender.
    await new Promise((resolve) => setTimeout(resolve, 50));
    return seconds;
  };
  await step();
  return { name: `ONNX Runtime ${version}, k1B2 in floats`, step, close: () => session.release() };
}
