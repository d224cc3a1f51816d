import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../error.js';
import { StoreError } from '../files/error.js';
import { pathKind } from './data-file.js';
import { type DownloadOptions, download } from './download.js';
import { allParts, type Contents, digestOf, type Found, findLayout } from './layouts/layout.js';
import { layoutsOf } from './layouts/layouts.js';
import { cacheFolder, usualPlaces } from './locations.js';
import type { Download, PublishedDataset } from './published.js';

export interface ObtainOptions extends DownloadOptions {
  /** A folder or a file of the user's, absolute: looked at alone. */
  readonly source?: string;
  /** The folder of the pipeline file, beside which other programs may keep data. */
  readonly project?: string;
}

/**
 * The parts of a data set, with their checksums verified: from `source`, alone; else from SPIKELINE_DATA, what was
 * downloaded before, where other programs keep data, or the network.
 * @throws {UserError} E_DATA_SOURCE, E_DATA_CHECKSUM, E_DOWNLOAD, and those of readers
 */
export async function obtain(name: string, published: PublishedDataset, options: ObtainOptions): Promise<Contents> {
  const { source } = options;
  const own = source ?? process.env.SPIKELINE_DATA;
  if (own) {
    const problems: UserError[] = [];
    const contents = await firstSound(findIn(name, published, own), published, options, problems);
    if (contents !== undefined) return contents;
    // What the user put there is looked at, not passed over.
    const [problem] = problems;
    if (problem !== undefined) throw problem;
    if (source !== undefined) throw lacking(published, source);
  }
  const cache = join(cacheFolder(), homeOf(name, published));
  const places = [cache, ...usualPlaces(options.project ?? process.cwd())];
  const found = places.flatMap((place) => [...findIn(name, published, place)]);
  return (await firstSound(found, published, options, [])) ?? downloaded(name, published, cache, options);
}

/** The folder of its downloads: data sets of one archive share it. */
const homeOf = (name: string, { format }: PublishedDataset): string =>
  format.kind === 'idx-archive' ? format.home : name;

/** What of a data set lies in a folder, there or in one with its name; or is this file. */
function* findIn(name: string, published: PublishedDataset, place: string): Generator<Found> {
  const kind = pathKind(place);
  if (kind === undefined) return;
  const whole = kind === 'folder';
  const roots = [place, ...new Set([name, homeOf(name, published)].map((folder) => join(place, folder)))];
  for (const root of whole ? roots : [dirname(place)])
    for (const layout of layoutsOf(published))
      for (const found of findLayout(layout, root)) if (whole || found.paths.includes(place)) yield found;
}

/** The contents of the first that is what was published. */
async function firstSound(
  candidates: Iterable<Found>,
  published: PublishedDataset,
  { log, signal }: ObtainOptions,
  problems: UserError[],
): Promise<Contents | undefined> {
  for (const candidate of candidates) {
    signal.throwIfAborted();
    try {
      const contents = await readSound(candidate, published);
      log(`${published.title}: ${candidate.layout.title} in ${dirname(candidate.paths[0]!)}`);
      return contents;
    } catch (error) {
      if (!(error instanceof UserError) || error instanceof StoreError) throw error;
      log(`Ignored: ${error.message}`);
      problems.push(error);
    }
  }
  return undefined;
}

async function readSound({ layout, paths }: Found, published: PublishedDataset): Promise<Contents> {
  const contents = await layout.read(paths, published);
  for (const part of allParts(published)) {
    const bytes = contents.get(part.name);
    const hasSize = part.packed === true || bytes?.length === part.bytes;
    if (bytes !== undefined && hasSize && digestOf(bytes, part) === part.digest) continue;
    const where = paths.length === 1 ? paths[0]! : dirname(paths[0]!);
    throw new UserError(
      'E_DATA_CHECKSUM',
      `${where} is not ${published.title} as it was published: the checksum of ${part.name} differs.`,
      'Is it complete? Give data of your own another name.',
    );
  }
  return contents;
}

async function downloaded(
  name: string,
  published: PublishedDataset,
  cache: string,
  options: ObtainOptions,
): Promise<Contents> {
  const problems: string[] = [];
  for (const { layout: wanted, files, mirrors } of ownMirror(published.downloads)) {
    const layout = layoutsOf(published).find((candidate) => candidate.name === wanted)!;
    const paths = files.map((file) => join(cache, file.name));
    // Files without a checksum of their own are known to be right once they are read: only then no other mirror is asked.
    const pinned = files.every(({ md5, sha256 }) => md5 !== undefined || sha256 !== undefined);
    for (const turn of pinned ? [mirrors] : mirrors.map((mirror) => [mirror])) {
      try {
        for (const [i, file] of files.entries()) await download(file, turn, paths[i]!, options);
        return await readSound({ layout, paths }, published);
      } catch (error) {
        if (!(error instanceof UserError) || error instanceof StoreError) throw error;
        if (error.code === 'E_DOWNLOAD' || pinned) problems.push(error.message);
        else {
          for (const path of paths) rmSync(path, { force: true });
          const problem = `The files from ${turn[0]} can't be used: ${error.message}`;
          options.log(problem);
          problems.push(problem);
        }
      }
    }
  }
  const hint = `Without a network, put it into a folder, as ${formTitles(published)}, and name the folder: \`with: { name: ${name}, source: FOLDER }\`, or SPIKELINE_DATA=FOLDER.`;
  throw new UserError('E_DOWNLOAD', problems.join('\n'), hint);
}

/** With the user's own mirror before the others. */
function ownMirror(downloads: readonly Download[]): readonly Download[] {
  const { SPIKELINE_MIRROR } = process.env;
  if (!SPIKELINE_MIRROR) return downloads;
  const mirror = SPIKELINE_MIRROR.replace(/\/?$/, '/');
  return downloads.map((each) => ({ ...each, mirrors: [mirror, ...each.mirrors] }));
}

function lacking(published: PublishedDataset, source: string): UserError {
  const kind = pathKind(source);
  if (kind === undefined)
    return new UserError('E_DATA_SOURCE', `There is no folder ${source}, which \`source\` names.`);
  const problem = kind === 'folder' ? `${source} does not hold` : `${basename(source)} is not the name of a file of`;
  return new UserError('E_DATA_SOURCE', `${problem} ${published.title}.`, `Put there: ${formTitles(published)}.`);
}

const formTitles = (published: PublishedDataset): string =>
  [...new Set(layoutsOf(published).map(({ title }) => title))].join(', or ');
