import { accessSync, constants, existsSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemCode } from '../files/error.js';
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
 * Where something is kept that was found out about this machine, or made for it: a folder of the cache. Where there can be none,
 * as for a user of a container who has no home, a folder among the temporary ones that is this user's alone.
 */
export function machineFolder(name: string): string {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder) || canBeMade(folder)) return folder;
  const own = join(tmpdir(), `spikeline-${process.getuid?.() ?? 'own'}`);
  return isOursAlone(own) ? join(own, name) : folder;
}

function canBeMade(folder: string): boolean {
  const parent = dirname(folder);
  try {
    accessSync(parent, constants.W_OK);
    return true;
  } catch (error) {
    return systemCode(error) === 'ENOENT' && parent !== folder && canBeMade(parent);
  }
}

/** Makes it, if need be. What lies there is run: nobody else may have made it. */
function isOursAlone(folder: string): boolean {
  try {
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    const stat = lstatSync(folder);
    return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
  } catch {
    return false;
  }
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
