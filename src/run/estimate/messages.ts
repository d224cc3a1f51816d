import type { MeasureOptions, SampleTimes } from '../../stage/forecast.js';
import type { Json } from '../../values.js';

/** Work that a process is started to measure. */
export interface ToMeasure {
  readonly stage: string;
  readonly work: Json;
  readonly options: MeasureOptions;
}

/** What it answers: times, and milliseconds of cores that it has used; or why it can't. */
export type Measured = (SampleTimes & { readonly used: number }) | { readonly problem: string };
