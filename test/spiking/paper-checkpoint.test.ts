import { beforeAll, describe, expect, it } from 'vitest';
import { network as preset } from '../../src/network/presets.js';
import { convert } from '../../src/spiking/convert.js';
import type { SpikingNetwork } from '../../src/spiking/network.js';
import { spikeSources } from '../../src/spiking/network.js';
import { annForward } from '../network/reference-ann.js';
import { authorsImages, authorsParameters, simulatorArrays, simulatorCounts } from './authors-lenet.js';
import { type Simulation, simulate } from './reference-simulator.js';

describe("the paper's own checkpoint", () => {
  const lenet = preset('lenet', { precision: { kind: 'quantised', k: 1, B: 2 } });
  let parameters: ReadonlyMap<string, Float32Array>;
  let images: Float32Array[];
  let spiking: SpikingNetwork;
  let simulations: Simulation[];

  beforeAll(async () => {
    parameters = await authorsParameters(lenet);
    const pixels = authorsImages();
    images = Array.from({ length: 200 }, (_, i) => pixels.subarray(i * 784, (i + 1) * 784));
    spiking = convert(lenet, parameters).network;
    simulations = images.map((image) => simulate(spiking, image));
  });

  it('gives the spikes, operations and predictions of their simulator', () => {
    const expected = simulatorCounts();
    const spikesPerLayer = spikeSources(spiking).map(() => 0);
    const sopsPerLayer = spikesPerLayer.slice(1);
    for (const { spikesPerLayer: spikes, operations } of simulations) {
      for (const [i, count] of spikes.entries()) spikesPerLayer[i]! += count;
      for (const [i, { paper }] of operations.entries()) sopsPerLayer[i]! += paper;
    }
    expect({
      spikesPerLayer,
      spikes: spikesPerLayer.reduce((a, b) => a + b),
      sopsPerLayer,
      sops: sopsPerLayer.reduce((a, b) => a + b),
      predictions: simulations.map(({ logits }) => logits.indexOf(Math.max(...logits))),
    }).toEqual({
      spikesPerLayer: expected.spikes_per_layer,
      spikes: expected.spike_num_total,
      sopsPerLayer: expected.sops_per_layer_2to6,
      sops: expected.sop_num_total,
      predictions: expected.predictions,
    });
  });

  it('gives their spikes in every neuron of the first eight images', async () => {
    const expected = await simulatorArrays();
    let different = 0;
    for (const [l, { output }] of spikeSources(spiking).entries()) {
      const [height, width, channels] = output;
      const theirs = expected.get(`spikes_first8_layer${l + 1}`)!;
      for (let image = 0; image < 8; image++)
        for (let pixel = 0; pixel < height * width; pixel++)
          for (let c = 0; c < channels; c++)
            // Theirs are stored NCHW.
            if (
              theirs[(image * channels + c) * height * width + pixel] !==
              simulations[image]!.spikes[l]![pixel * channels + c]
            )
              different++;
    }
    expect(different).toBe(0);
  });

  it('decides in every neuron as the ANN does', () => {
    for (const [i, image] of images.slice(0, 20).entries())
      expect(simulations[i]!.spikes.map((layer) => [...layer])).toEqual(
        annForward(lenet, parameters, image).activations.map((layer) => [...layer]),
      );
  });
});
