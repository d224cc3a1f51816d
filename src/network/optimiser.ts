import { adam } from './method.mjs';

/** How far Adam is: updates done, and the powers of β that correct the bias of its moments. */
export interface AdamCounters {
  readonly step: number;
  readonly beta1Power: number;
  readonly beta2Power: number;
}

/** Adam before its first update, or where it was. */
export function countersOf(state: AdamCounters | undefined): AdamCounters {
  const { step, beta1Power, beta2Power } = state ?? { step: 0, beta1Power: 1, beta2Power: 1 };
  return { step, beta1Power, beta2Power };
}

/**
 * One update more, and the step size that it takes: as in TensorFlow, ε is added to √v before the bias is corrected.
 * Powers are taken by multiplication: Math.pow may differ between builds in the last bit.
 */
export function nextUpdate(before: AdamCounters, learningRate: number): { counters: AdamCounters; rate: number } {
  const beta1Power = before.beta1Power * adam.beta1;
  const beta2Power = before.beta2Power * adam.beta2;
  const rate = (learningRate * Math.sqrt(1 - beta2Power)) / (1 - beta1Power);
  return { counters: { step: before.step + 1, beta1Power, beta2Power }, rate };
}
