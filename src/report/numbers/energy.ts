import type { SnnResult } from '../../results/snn-result.js';

/**
 * Energy of one arithmetic operation in a 45 nm process, in picojoules: Horowitz, "Computing's energy problem (and what
 * we can do about it)", ISSCC 2014. A float multiply-add is a multiplication of 3.7 and an addition of 0.9.
 */
export const picojoules = { floatMultiplyAdd: 4.6, floatAdd: 0.9, int32Add: 0.1 } as const;

export const energySource =
  'M. Horowitz, “Computing’s energy problem (and what we can do about it)”, ISSCC 2014, 45 nm';

/** Energy of the arithmetic for one image, in microjoules, without encoding and dense layer on either side. */
export interface Energy {
  /** Of the ANN: each multiply-add in floating point. */
  readonly ann: number;
  /** Of the SNN: additions of int32, which hold its membranes exactly; one for each spike and synapse. */
  readonly event: number;
  /** Only additions whose weight is not zero. */
  readonly effective: number;
  /** As `event`, with floating-point additions, as hardware needs where weights are no integers. */
  readonly eventFloat: number;
}

export function energyPerImage(
  run: Pick<SnnResult, 'denseMacs' | 'eventSopsPerImage' | 'effectiveSopsPerImage'>,
): Energy {
  const microjoules = (operations: number, each: number) => (operations * each) / 1e6;
  return {
    ann: microjoules(run.denseMacs, picojoules.floatMultiplyAdd),
    event: microjoules(run.eventSopsPerImage, picojoules.int32Add),
    effective: microjoules(run.effectiveSopsPerImage, picojoules.int32Add),
    eventFloat: microjoules(run.eventSopsPerImage, picojoules.floatAdd),
  };
}
