// In a process of its own: with the flags that the engine sets, V8 would compile ONNX Runtime for half a minute.
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { WasmEvaluator } from '../../src/engine/wasm/evaluator.js';
import type { Exactness } from '../../src/exchange/arrays.js';
import { encodeOnnx, type OnnxModel } from '../../src/exchange/onnx/messages.js';
import { onnxModel } from '../../src/exchange/onnx/model.js';
import { elements, permute } from '../../src/formats/shape.js';
import type { Network, Shape } from '../../src/network/architecture.js';
import { initialParameters } from '../../src/network/initialise.js';
import { blocksOf, chainLayers } from '../../src/network/layers.js';
import { network as preset } from '../../src/network/presets.js';
import { randomNetwork, randomNumbers } from '../network/random-network.js';
import { annForward } from '../network/reference-ann.js';
import { authorsImages, authorsParameters, simulatorCounts } from '../spiking/authors-lenet.js';

/** A model's values for images of our layout, [count][H][W][C]; each comes back as doubles. */
async function run(model: OnnxModel, network: Network, images: Float32Array): Promise<Map<string, Float64Array>> {
  const [height, width, channels] = network.input;
  const count = images.length / elements(network.input);
  const nchw = permute({ shape: [count, height, width, channels], data: images }, [0, 3, 1, 2]);
  const session = await InferenceSession.create(encodeOnnx(model), { executionProviders: ['wasm'] });
  const results = await session.run({ images: new Tensor('float32', nchw.data, nchw.shape) });
  await session.release();
  return new Map(Object.entries(results).map(([name, { data }]) => [name, Float64Array.from(data as Float64Array)]));
}

/** The same model, with the levels of every block as outputs too. */
function withLevels(model: OnnxModel, network: Network): OnnxModel {
  const levels = blocksOf(network).map(({ name, output: [height, width, channels] }) => ({
    ...{ name: `${name}.levels`, type: model.outputs[0]!.type, shape: ['N', channels, height, width], description: '' },
  }));
  return { ...model, outputs: [...model.outputs, ...levels] };
}

/** [count][H][W][C] of what the model gives, [count][C][H][W]. */
const nhwc = (values: Float64Array, [height, width, channels]: Shape) =>
  permute({ shape: [values.length / (height * width * channels), channels, height, width], data: values }, [0, 2, 3, 1])
    .data;

function predictions(logits: Float64Array, classes: number): number[] {
  return Array.from({ length: logits.length / classes }, (_, i) => {
    const own = [...logits.subarray(i * classes, (i + 1) * classes)];
    return own.indexOf(Math.max(...own));
  });
}

/** A model and our engine on the same images: neurons whose levels differ, predictions, greatest error of a logit. */
async function compare(
  network: Network,
  parameters: ReadonlyMap<string, Float32Array>,
  images: Float32Array,
  exactness: Exactness = 'exact',
) {
  const count = images.length / elements(network.input);
  const evaluator = await WasmEvaluator.create(network, parameters, { batch: count, threads: 1 });
  const quantised = network.precision.kind === 'quantised';
  const ours = await evaluator.evaluate(images, count, quantised);
  const model = onnxModel(network, parameters, { exactness });
  const theirs = await run(quantised ? withLevels(model, network) : model, network, images);
  await evaluator.close();
  let different = 0;
  for (const [i, levels] of ours.levels.entries()) {
    const layer = blocksOf(network)[i]!;
    const values = nhwc(theirs.get(`${layer.name}.levels`)!, layer.output);
    expect(values).toHaveLength(levels.length);
    for (const [j, level] of levels.entries()) if (values[j] !== level) different++;
  }
  const logits = theirs.get('logits')!;
  const largest = Math.max(...logits.map(Math.abs));
  return {
    different,
    predictions: predictions(logits, network.classes),
    same: predictions(ours.logits, network.classes),
    error: Math.max(...ours.logits.map((value, i) => Math.abs(value - logits[i]!))) / largest,
    activity: ours.levels.map((levels) => levels.reduce((sum, level) => sum + level, 0) / levels.length),
  };
}

describe('the ONNX model in ONNX Runtime', () => {
  it('decides in every neuron as the network does, whatever its geometry', async () => {
    await fc.assert(
      fc.asyncProperty(randomNetwork, async ({ network, parameters, image }) => {
        const values = await run(withLevels(onnxModel(network, parameters), network), network, image);
        const { activations, logits } = annForward(network, parameters, image);
        for (const [i, layer] of blocksOf(network).entries())
          expect([...nhwc(values.get(`${layer.name}.levels`)!, layer.output)]).toEqual([...activations[i]!]);
        for (const [c, logit] of values.get('logits')!.entries()) expect(logit).toBeCloseTo(logits[c]!, 9);
      }),
      { numRuns: 12 },
    );
  });

  it.each([
    ['k1B2', { kind: 'quantised', k: 1, B: 2 }],
    ['fp32', { kind: 'fp32' }],
  ] as const)('predicts as our engine does: a VGG of an eighth of the channels at %s', async (_, precision) => {
    const vgg = narrow(preset('vgg', { precision }));
    const parameters = lively(vgg);
    const random = randomNumbers(5);
    const images = Float32Array.from({ length: 20 * elements(vgg.input) }, () => random() * 4 - 2);
    const { different, predictions, same, error, activity } = await compare(vgg, parameters, images);
    expect({ different, predictions }).toEqual({ different: 0, predictions: same });
    expect(error).toBeLessThan(precision.kind === 'fp32' ? 1e-4 : 1e-12);
    for (const mean of activity) expect(mean).toBeGreaterThan(0.05);
  });

  it("predicts as the authors' simulator does on their LeNet", async () => {
    const lenet = preset('lenet', { precision: { kind: 'quantised', k: 1, B: 2 } });
    const result = await compare(lenet, await authorsParameters(lenet), authorsImages());
    expect(result).toMatchObject({ different: 0, predictions: simulatorCounts().predictions });
    expect(result.error).toBeLessThan(1e-12);
    // In single precision, a neuron whose sum is next to a decision may decide otherwise: of 5.4 million, hardly any.
    const single = await compare(lenet, await authorsParameters(lenet), authorsImages(), 'float32');
    expect(single.predictions).toEqual(result.predictions);
    expect(single.different).toBeLessThan(20);
  });

  it('says how images become its input', () => {
    const vgg = narrow(preset('vgg', { precision: { kind: 'quantised', k: 1, B: 2 } }));
    const { metadata, outputs } = onnxModel(vgg, initialParameters(vgg, 1), {
      exactness: 'float32',
      images: { name: 'cifar10', scale: 256, classNames: ['a', 'b'] },
    });
    expect(outputs[0]!.type).toBe('float');
    expect(metadata).toMatchObject({
      ...{ precision: 'k1B2', k: '1', B: '2', classes: '10', dataset: 'cifar10', classNames: '["a","b"]' },
      input: '{"layout":"NCHW","height":24,"width":24,"channels":3}',
      preprocessing: '{"divideBy":256,"crop":[24,24],"standardise":"each image"}',
    });
  });
});

/** The same network with an eighth of the channels, which is quick. */
function narrow(network: Network): Network {
  const shape = ([height, width, channels]: Shape): Shape => [height, width, channels / 8];
  const blocks = blocksOf(network).map((layer) => ({
    ...layer,
    input: layer.reads === 'pixels' ? layer.input : shape(layer.input),
    output: shape(layer.output),
  }));
  return { ...network, layers: chainLayers(blocks, network.input, network.classes) };
}

/** Untrained parameters whose batch norm keeps every block active: mean and variance are about those of its sums. */
function lively(network: Network): Map<string, Float32Array> {
  const parameters = initialParameters(network, 3);
  const random = randomNumbers(4);
  for (const { name, kernel, input, weights } of blocksOf(network)) {
    const spread = elements(kernel) * input[2] * (weights === 'ternary' ? 0.3 : 0.0004);
    parameters.get(`${name}.variance`)!.fill(spread);
    for (const role of ['mean', 'beta'] as const)
      for (const [i] of parameters.get(`${name}.${role}`)!.entries())
        parameters.get(`${name}.${role}`)![i] = (random() - 0.3) * (role === 'beta' ? 1 : Math.sqrt(spread));
    for (const [i] of parameters.get(`${name}.gamma`)!.entries())
      if (i % 5 === 0) parameters.get(`${name}.gamma`)![i]! *= -1;
  }
  return parameters;
}
