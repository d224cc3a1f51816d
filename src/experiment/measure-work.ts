import type { StageForecast } from '../stage/forecast.js';
import type { SampleWork } from './sample-work.js';

/** Measures what `expected-work` names. What computes it is loaded when it is called. */
export const measureWork: NonNullable<StageForecast['measure']> = async (work, options) =>
  (await import('./sample-work.js')).sampleWork(work as unknown as SampleWork, options);
