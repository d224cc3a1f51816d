import { readFile, writeFile } from 'node:fs/promises';
import { Type } from '@sinclair/typebox';
import { conversionProblems, imageProblems, knownNetwork } from '../src/experiment/origin.js';
import type { StageCost } from '../src/stage/cost.js';
import { defineStage, inputFile } from '../src/stage/definition.js';

export const cost: StageCost = { counts: [{ input: 'data', metric: 'testImages' }], apart: ['compare'] };

export default defineStage({
  name: 'snn-convert',
  summary:
    'Turns a quantised network into a spiking one that needs one time step, and checks every neuron on test images',
  parameters: Type.Object(
    {
      compare: Type.Optional(
        Type.Integer({
          minimum: 0,
          description:
            'Test images on which ANN and SNN are compared neuron by neuron; default: all, if `data` is given.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  inputs: {
    checkpoint: { description: 'Trained quantised network, as `train` makes it.', kind: 'checkpoint' },
    data: { description: 'Data set to compare ANN and SNN on, neuron by neuron.', optional: true, kind: 'dataset' },
  },
  outputs: {
    network: {
      description: 'The spiking network: ternary weights and thresholds (safetensors).',
      path: 'snn.safetensors',
      kind: 'spiking-network',
    },
    report: {
      description: 'What conversion did to each layer, and the comparison (JSON).',
      path: 'conversion.json',
      kind: 'conversion',
    },
  },
  usesEngine: ['evaluate', 'simulate'],
  resources: { cpus: 'any' },
  needs: [{ unless: { compare: [0] }, anyOf: [{ inputs: ['data'] }] }],
  check(_, { checkpoint, data }) {
    const network = knownNetwork(checkpoint);
    return [...conversionProblems(network), ...imageProblems(network, data)];
  },
  async run(context) {
    const { convert } = await import('../src/spiking/convert.js');
    const { encodeSpikingNetwork } = await import('../src/spiking/model-file.js');
    const { decodeCheckpoint } = await import('../src/network/checkpoint.js');
    const { conversionMetrics, conversionResult, conversionText } = await import('../src/results/conversion-result.js');

    const bytes = await readFile(inputFile(context, 'checkpoint').path);
    const checkpoint = decodeCheckpoint(bytes, 'the input "checkpoint"');
    const { network, layers } = convert(checkpoint.network, checkpoint.parameters);
    await writeFile(context.outputs.network, encodeSpikingNetwork(network));
    const comparison = await compareOn(context, checkpoint, network);
    const about = { network: network.name, precision: `k${network.k}B${network.B}` };
    const result = conversionResult(about, layers, comparison);
    await writeFile(context.outputs.report, conversionText(result));
    return conversionMetrics(result);
  },
});

type Context = Parameters<typeof inputFile>[0] & { readonly parameters: { readonly compare?: number } };

async function compareOn(
  context: Context,
  checkpoint: import('../src/network/checkpoint.js').Checkpoint,
  spiking: import('../src/spiking/network.js').SpikingNetwork,
) {
  const { compare: wanted } = context.parameters;
  if (wanted === 0 || (wanted === undefined && context.inputs.data === undefined)) return undefined;
  const { compare } = await import('../src/experiment/convert.js');
  const { ImageSource } = await import('../src/experiment/images.js');
  const { openDataset } = await import('../src/data/dataset.js');
  const { engineFor } = await import('../src/engine/engines.js');
  const dataset = await openDataset(inputFile(context, 'data').path);
  const source = new ImageSource(checkpoint.network, dataset);
  const images = Math.min(wanted ?? dataset.test.count, dataset.test.count);
  const engine = engineFor(['evaluate', 'simulate'], context.engine);
  const comparison = await compare(engine, source, checkpoint, spiking, images, context.threads, context);
  return { dataset: dataset.name, ...comparison };
}
