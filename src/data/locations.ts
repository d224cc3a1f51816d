import { homedir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../paths.js';

/** Where Debian's package dataset-fashion-mnist puts its files. */
export const debianFolder = '/usr/share/datasets/fashion-mnist';

/** The images that come with Spikeline. */
export const embeddedFolder: string = join(packageRoot, 'pipelines/data/fashion-mnist-sample');

/** Where downloads are kept: `SPIKELINE_CACHE`, or the user's cache folder. */
export function cacheFolder(): string {
  const { SPIKELINE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (SPIKELINE_CACHE) return SPIKELINE_CACHE;
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), '.cache'), 'spikeline');
}
