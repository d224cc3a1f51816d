import type { AnnResult } from '../../src/results/ann-result.js';
import type { History } from '../../src/results/history.js';
import type { SnnResult } from '../../src/results/snn-result.js';

const accuracies: Readonly<Record<string, number>> = { fp32: 0.9285, k0B1: 0.8912, k1B2: 0.9191 };
const spikes: Readonly<Record<string, number>> = { k0B1: 48_350.97, k1B2: 123_604.41 };

/** What a network of so many classes takes images for: mostly for themselves, else for the next class or the one after. */
export function confusionOf(classes: number, images: number, accuracy: number): number[][] {
  const each = Math.floor(images / classes);
  const right = Math.round(each * accuracy);
  const next = Math.round((each - right) * 0.75);
  return Array.from({ length: classes }, (_, label) => {
    const row = new Array<number>(classes).fill(0);
    row[label] = right;
    row[(label + 1) % classes] = next;
    row[(label + 2) % classes]! += each - right - next;
    return row;
  });
}

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
