import type { Network } from '../../network/architecture.js';
import { paperOptimiser } from '../../network/optimiser.js';
import { unreachable } from '../../unreachable.js';
import type { TrainerOptions } from '../engine.js';
import { outputPixels } from './geometry.js';
import { IntegerGradients } from './integer-gradient.js';
import { constants } from './kernels/constants.mjs';
import { type Layer, planLayers, quantiser } from './layer-plan.js';
import type { MemoryPlan } from './memory-plan.js';
import type { Level } from './native/level.js';
import { momentCount, rateCount, updateItems } from './optimiser.js';
import { type Calls, calls, type Item, inOrder, ofLayer, type Phase, type Program } from './program.js';
import { listWords } from './sparse-gradient.js';
import { imagesTogether } from './spike-forward.js';
import { planTensors, type Tensor } from './tensors.js';
import { thresholdPhases } from './ternary-thresholds.js';
import { TrainingBlock, TrainingLayer, type Turn } from './training-layer.js';
import type { Address } from './units.js';

/** Addresses and the program of one training step. */
export interface TrainingPlan {
  readonly program: Program;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly layers: readonly Layer[];
  readonly labels: Address;
  readonly losses: Address;
  readonly hits: Address;
  readonly rates: Address;
}

/** @param level of processors that the kernels were compiled for; WebAssembly's if left out */
export function planTraining(
  plan: MemoryPlan,
  network: Network,
  options: TrainerOptions,
  level?: Pick<Level, 'width' | 'multiplies' | 'matrices'>,
): TrainingPlan {
  const { batch, threads, gradients = 'float32', optimizer = paperOptimiser } = options;
  const tensors = planTensors(plan, network, { moments: momentCount(optimizer) });
  const layers = planLayers(plan, network, tensors, batch, false);
  const integers = gradients === 'int16' ? new IntegerGradients(plan, batch, level?.multiplies ?? false) : undefined;
  // As many images as a vector holds values of, if those are so many.
  const floatLanes = Math.max(constants.floatLanes, (level?.width ?? 0) / 4);
  const together = imagesTogether(level);
  const training = { plan, tensors, quantiser: quantiser(network), batch, threads, integers, floatLanes, together };

  const turns = planTurns(plan, layers.slice(0, -1), batch);
  const blocks: TrainingBlock[] = [];
  let classifier: TrainingLayer | undefined;
  for (const [i, layer] of layers.entries()) {
    const { of } = layer;
    switch (of.kind) {
      case 'convolution':
        blocks.push(new TrainingBlock(training, layer, blocks.at(-1), layers[i + 1]!, turns[i]!));
        break;
      case 'classifier':
        classifier = new TrainingLayer(training, layer, blocks.at(-1));
        break;
      default:
        unreachable(of);
    }
  }
  if (classifier === undefined) throw new TypeError('a network ends in its classifier');
  const trained = [...blocks, classifier];

  const rates = plan.floats(rateCount);
  const { loss, ...buffers } = planLoss(plan, network, batch, classifier);
  const gradientsOf = trained.map(({ weightGradient }) => weightGradient);
  const program: Phase[] = [
    ...thresholdPhases(plan, layers),
    [...trained.flatMap(({ packForward }) => packForward), ...trained.flatMap(({ packBackward }) => packBackward)],
    ...blocks.flatMap(forward),
    turningPoint(classifier, loss),
    ...blocks.toReversed().flatMap(backward),
    [...gradientsOf.flatMap(({ lists }) => lists), ...clearing(plan, trained)],
    gradientsOf.flatMap(({ sums }) => sums),
    updateItems(plan, tensors, optimizer, rates),
  ];
  return { program, tensors, layers, rates, ...buffers };
}

/**
 * Gradients of activations live from one layer to the next only: two buffers in turn. Once all have been used, the spikes that the first
 * two blocks send are listed there: their maps are the largest.
 */
function planTurns(plan: MemoryPlan, blocks: readonly Layer[], batch: number): Turn[] {
  const words = blocks.map(({ g }) => listWords(batch, outputPixels(g) * g.outChannels));
  const buffers = [0, 1].map((turn) => plan.floats(Math.max(0, ...words.filter((_, i) => i % 2 === turn))));
  return blocks.map((_, i) => ({ gradient: buffers[i % 2]!, lists: i < 2 ? buffers[i] : undefined }));
}

/** A block's activations wait for the next layer's item: they are read while they are in the cache. */
const forward = (block: TrainingBlock): Phase[] => [
  block.byForward(inOrder(block.before?.activate, block.convolve, block.statistics)),
  block.byChannels(block.batchNorm),
];

/** The classifier's logits, their loss, and the way back to the activations before it. */
const turningPoint = (classifier: TrainingLayer, loss: Calls): Phase =>
  classifier.byGradients(
    inOrder(
      ...[classifier.before?.activate, classifier.convolve, loss],
      ...[classifier.inputGradient, classifier.before?.gradientStatistics],
    ),
  );

const backward = (block: TrainingBlock): Phase[] => [
  block.byChannels(block.normGradient),
  block.byGradients(
    inOrder(
      ...[block.outputGradient, block.inputGradient, block.weightGradient.images],
      block.before?.gradientStatistics,
    ),
  ),
];

function planLoss(plan: MemoryPlan, network: Network, batch: number, { layer, gradient }: TrainingLayer) {
  const [labels, losses, hits] = [plan.floats(batch), plan.doubles(batch), plan.floats(batch)];
  const descriptor = plan.descriptor('SoftmaxLoss', {
    ...{ logits: layer.z, labels, gradient: gradient.dy, losses, hits },
    ...{ classes: network.classes, stride: layer.g.outChannels, gradientImage: gradient.dyMap.imageBytes },
    scale: 1 / batch,
  });
  return { labels, losses, hits, loss: ofLayer(layer.name, calls('softmaxLoss', descriptor)) };
}

/** Zeros where a weight gradient is added to what is there. */
const clearing = (plan: MemoryPlan, trained: readonly TrainingLayer[]): Item[] =>
  trained
    .filter(({ weightGradient }) => weightGradient.adds)
    .map(({ layer: { weight } }) =>
      calls('clear', plan.descriptor('Clear', { values: weight.g }))(0, weight.count / 4),
    );
