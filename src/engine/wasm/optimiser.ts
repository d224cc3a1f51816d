// What moves the weights, on the kernels.
import { adam } from '../../network/method.mjs';
import { type AdamCounters, nextUpdate, type Optimiser } from '../../network/optimiser.js';
import type { MemoryPlan } from './memory-plan.js';
import { calls, type Item, split } from './program.js';
import type { Tensor } from './tensors.js';
import type { Address } from './units.js';

/** Numbers that a step sets, for whichever kernel takes most of them. */
export const rateCount = 8;
/** Groups of four weights that one item takes. */
const updateGroups = 8192;

/** Tensors that an optimiser keeps beside each that it trains: m, and Adam v, too. */
export const momentCount = ({ kind }: Optimiser): 1 | 2 => (kind === 'sgd' ? 1 : 2);

/** @param rates where {@link stepRates} are written before each step */
export function updateItems(
  plan: MemoryPlan,
  tensors: ReadonlyMap<string, Tensor>,
  optimiser: Optimiser,
  rates: Address,
): Item[] {
  return [...tensors.values()]
    .filter(({ trainable }) => trainable)
    .flatMap(({ ternary, count, w, g, m, v }) => {
      // dW = 2·dQ: the gradient that the paper's quantiser passes on.
      const own = { w, g, m, rates, factor: ternary ? 2 : 1 };
      const groups = count / 4;
      const update =
        optimiser.kind === 'sgd'
          ? calls('sgd', plan.descriptor('Sgd', own))
          : calls(optimiser.weightDecay === 0 ? 'adam' : 'adamDecayed', plan.descriptor('Adam', { ...own, v }));
      return split(groups, Math.ceil(groups / updateGroups), update);
    });
}

/** The numbers of one step, as the descriptions of the kernels have them, and Adam's counters after it. */
export function stepRates(
  optimiser: Optimiser,
  before: AdamCounters,
  learningRate: number,
): { readonly rates: readonly number[]; readonly counters: AdamCounters } {
  const { kind, weightDecay } = optimiser;
  if (kind === 'sgd') {
    const { momentum, nesterov } = optimiser;
    const shares = nesterov ? [momentum, 1] : [1, 0];
    return { rates: [learningRate, momentum, weightDecay, ...shares], counters: before };
  }
  const { counters, rate } = nextUpdate(before, learningRate);
  const { beta1, beta2, epsilon } = adam;
  const decay = kind === 'adamw' ? [0, 1 - learningRate * weightDecay] : [weightDecay, 1];
  return { rates: [rate, beta1, 1 - beta1, beta2, 1 - beta2, epsilon, ...decay], counters };
}
