import { dirname, join } from 'node:path';
import { homeFolder } from '../home.js';
import { packageRoot } from '../paths.js';

/** Where Debian's package dataset-fashion-mnist puts its files. */
export const debianFolder = '/usr/share/datasets/fashion-mnist';

/** The images that come with Spikeline. */
export const embeddedFolder: string = join(packageRoot, 'pipelines/data/fashion-mnist-sample');

/** Where downloads are kept: `SPIKELINE_CACHE`, or the user's cache folder. */
export function cacheFolder(): string {
  const { SPIKELINE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (SPIKELINE_CACHE) return SPIKELINE_CACHE;
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homeFolder(), '.cache'), 'spikeline');
}

/**
 * Folders where other programs keep data sets, each itself or in a folder with its name: torchvision's usual root,
 * Keras's cache, Hugging Face's, Debian's packages.
 * @param project the folder of the pipeline file
 */
export function usualPlaces(project: string): readonly string[] {
  const { KERAS_HOME, HF_HOME, HF_HUB_CACHE, XDG_CACHE_HOME } = process.env;
  const huggingFace = HF_HOME || join(XDG_CACHE_HOME || join(homeFolder(), '.cache'), 'huggingface');
  return [
    dirname(debianFolder),
    join(project, 'data'),
    join(KERAS_HOME || join(homeFolder(), '.keras'), 'datasets'),
    HF_HUB_CACHE || join(huggingFace, 'hub'),
  ];
}
