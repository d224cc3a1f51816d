import { adam } from './method.mjs';

/** Ways to move weights, by the names that PyTorch has for them. */
export const optimiserKinds = ['adam', 'adamw', 'sgd'] as const;

/**
 * How weights are moved by their gradients. `weightDecay` is a share of all trained values, those of batch norm included:
 * adam and sgd add it to the gradient (L2), adamw takes it off the values (decoupled, times the learning rate).
 */
export type Optimiser =
  | { readonly kind: 'adam' | 'adamw'; readonly weightDecay: number }
  | { readonly kind: 'sgd'; readonly momentum: number; readonly nesterov: boolean; readonly weightDecay: number };

/** That of the paper. */
export const paperOptimiser: Optimiser = { kind: 'adam', weightDecay: 0 };

/** How far Adam is: updates done, and the powers of β that correct the bias of its moments. */
export interface AdamCounters {
  readonly step: number;
  readonly beta1Power: number;
  readonly beta2Power: number;
}

/** Values of every trainable tensor, by its name. */
type Moments = ReadonlyMap<string, Float32Array>;

export interface AdamState extends AdamCounters {
  readonly kind: 'adam';
  readonly m: Moments;
  readonly v: Moments;
}

/** SGD's velocities; without momentum they are the last gradients. */
export interface SgdState {
  readonly kind: 'sgd';
  readonly m: Moments;
}

/** What an optimiser remembers from one step to the next. */
export type OptimiserState = AdamState | SgdState;

/** The state, where it is one that the optimiser can go on with: Adam with and without decoupled decay keep the same. */
export function stateFor({ kind }: Optimiser, state: OptimiserState | undefined): OptimiserState | undefined {
  return state !== undefined && (state.kind === 'sgd') === (kind === 'sgd') ? state : undefined;
}

/** Adam before its first update, or where it was. */
export function countersOf(state: OptimiserState | undefined): AdamCounters {
  const { step, beta1Power, beta2Power } = state?.kind === 'adam' ? state : { step: 0, beta1Power: 1, beta2Power: 1 };
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
