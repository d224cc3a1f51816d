import { imageCounts } from '../../src/data/counts.js';
import { type KnownName, knownDatasets } from '../../src/data/known.js';
import { UserError } from '../../src/error.js';
import { isOwn, type OwnParameters } from '../../src/experiment/own-data.js';
import type { StageForecast } from '../../src/stage/forecast.js';

interface DatasetParameters extends OwnParameters {
  readonly name: string;
  readonly subset?: { readonly train?: number; readonly test?: number };
}

interface Counts {
  readonly trainImages: number;
  readonly testImages: number;
  readonly classes: number;
  readonly shape: readonly number[];
}

function knownCounts(name: KnownName): Counts {
  const { shape, classes } = knownDatasets[name];
  const [trainImages, testImages] = imageCounts[name];
  return { trainImages, testImages, classes, shape };
}

/** What is wrong with files of the user's is for the task to say. */
async function ownCounts(own: OwnParameters, folder: string): Promise<Counts | undefined> {
  const { train, test, shape, classNames } = own;
  if (train === undefined || test === undefined) return undefined;
  const { countCustom } = await import('../../src/data/custom.js');
  const given = { ...(shape && { shape: shape as [number, number, number] }), ...(classNames && { classNames }) };
  try {
    return await countCustom({ train, test, folder, ...given });
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

export default {
  // Without a download.
  seconds: 2,
  async metrics(parameters, folder) {
    const { name, subset, ...own } = parameters as unknown as DatasetParameters;
    const counts = isOwn(name) ? await ownCounts(own, folder) : knownCounts(name as KnownName);
    if (counts === undefined) return undefined;
    return {
      trainImages: Math.min(subset?.train ?? counts.trainImages, counts.trainImages),
      testImages: Math.min(subset?.test ?? counts.testImages, counts.testImages),
      classes: counts.classes,
      shape: [...counts.shape],
    };
  },
} satisfies StageForecast;
