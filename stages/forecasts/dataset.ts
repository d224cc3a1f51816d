import { imageCounts } from '../../src/data/counts.js';
import { type KnownName, knownDatasets } from '../../src/data/known.js';
import { isOwn } from '../../src/experiment/own-data.js';
import type { StageForecast } from '../../src/stage/forecast.js';

export default {
  // Without a download.
  seconds: 2,
  metrics({ name, subset }) {
    if (isOwn(name as string)) return undefined;
    const { shape, classes } = knownDatasets[name as KnownName];
    const [train, test] = imageCounts[name as KnownName];
    const few = (subset ?? {}) as { readonly train?: number; readonly test?: number };
    return {
      trainImages: Math.min(few.train ?? train, train),
      testImages: Math.min(few.test ?? test, test),
      classes,
      shape: [...shape],
    };
  },
} satisfies StageForecast;
