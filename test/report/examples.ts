import type { AnnResult } from '../../src/results/ann-result.js';
import type { History } from '../../src/results/history.js';
import type { SnnResult } from '../../src/results/snn-result.js';

const accuracies: Readonly<Record<string, number>> = { fp32: 0.9285, k0B1: 0.8912, k1B2: 0.9191 };
const spikes: Readonly<Record<string, number>> = { k0B1: 48_350.97, k1B2: 123_604.41 };

const counted = (accuracy: number) => ({ images: 10_000, correct: Math.round(10_000 * accuracy), accuracy });

/** Results of inference such as a small sweep gives; `network` to make several groups. */
export function annResults(network = 'vgg'): AnnResult[] {
  return Object.entries(accuracies).map(([precision, accuracy]) => ({
    ...{ stage: 'ann-infer', network, dataset: 'cifar10', precision },
    ...counted(accuracy),
  }));
}

export function snnResults(noises: readonly number[] = [0, 0.1, 0.4], network = 'vgg'): SnnResult[] {
  return annResults(network)
    .filter(({ precision }) => precision !== 'fp32')
    .flatMap((ann) =>
      noises.map((noise): SnnResult => {
        const spikesPerImage = spikes[ann.precision]!;
        const levels = ann.precision === 'k1B2' ? 4 : 1;
        const eventSopsPerImage = 585 * spikesPerImage;
        return {
          ...ann,
          ...{ stage: 'snn-infer', noise, levels, neurons: 187_136, spikesPerImage, firingRate: 0.2 },
          ...{ eventSopsPerImage, sopsPerImage: 2 * levels * eventSopsPerImage },
          ...{ effectiveSopsPerImage: 0.62 * eventSopsPerImage, denseMacs: 126_222_336 },
          ...counted(ann.accuracy - noise ** 2),
          layers: ['conv1', 'conv2', 'conv3'].map((name, i) => ({ name, neurons: 36_864, firingRate: 0.1 + 0.05 * i })),
        };
      }),
    );
}

export function history(label: string, first: number, last: number): History {
  const epochs = [];
  for (let epoch = first; epoch <= last; epoch++)
    epochs.push({
      ...{ epoch, learningRate: 0.001, loss: 2 / epoch },
      ...{ trainAccuracy: 0.95 - 0.4 / epoch, testAccuracy: 0.9 - 0.4 / epoch },
    });
  return { label, epochs };
}
