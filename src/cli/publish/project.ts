// What a project says of itself: who made it, and what others may do with it.

import { join } from 'node:path';
import { parse } from 'yaml';
import { UserError } from '../../error.js';
import { systemCode } from '../../files/error.js';
import { readRegularFile } from '../../files/regular-file.js';
import { decodeText } from '../../text/encoding.js';

export interface Author {
  readonly kind: 'Person' | 'Organization';
  readonly name: string;
  /** An address of theirs, such as an ORCID. */
  readonly id?: string;
}

export interface Project {
  readonly authors: readonly Author[];
  /** An identifier of SPDX, such as `MIT`; missing if none is given. */
  readonly licence?: string;
  /** Where its package of Spikeline is from, if that is a place of this machine. */
  readonly localPackage?: string;
  /** Files that are published with it, as far as they are there. */
  readonly files: readonly string[];
}

/** Files of a project that others need or are owed. */
const licenceFiles = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'LICENCE.md', 'LICENCE.txt', 'COPYING'];
const lockFiles = ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock'];
const packageFiles = ['package.json', ...lockFiles, 'requirements.txt', 'pyproject.toml', 'environment.yml', '.nvmrc'];

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads `CITATION.cff` and `package.json` of a folder, as far as they are there.
 *
 * @throws UserError `E_FILE` for one that can't be read
 */
export function readProject(folder: string): Project {
  const has = (name: string) => bytesIn(folder, name) !== undefined;
  const citation = fieldsIn(folder, 'CITATION.cff', (text) => parse(text) as unknown);
  const about = fieldsIn(folder, 'package.json', (text) => JSON.parse(text) as unknown);
  const authors = citation.authors === undefined ? [about.author] : citation.authors;
  const licence = [citation.license, about.license].flat().find(isIdentifier);
  const from = isFields(about.dependencies) ? about.dependencies.spikeline : undefined;
  return {
    authors: Array.isArray(authors) ? authors.flatMap(authorOf) : [],
    ...(licence !== undefined && { licence }),
    ...(typeof from === 'string' && /^(file|link):/.test(from) && { localPackage: from }),
    files: [...licenceFiles, 'CITATION.cff', ...packageFiles].filter(has),
  };
}

/** `UNLICENSED` and `SEE LICENSE IN …` of npm are none. */
const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9.+-]*$/.test(value) && value !== 'UNLICENSED';

/** As the Citation File Format has them, or `package.json`. */
function authorOf(author: unknown): Author[] {
  if (typeof author === 'string') return named('Person', author.replace(/\s*[<(].*$/, ''));
  if (!isFields(author)) return [];
  const { orcid, website, name } = author;
  const id = [orcid, website].find((one): one is string => typeof one === 'string' && /^https?:\/\//.test(one));
  const parts = [author['given-names'], author['name-particle'], author['family-names'], author['name-suffix']];
  const own = parts.filter((part) => typeof part === 'string').join(' ');
  // An entity of CFF has one name; a person of npm, too.
  const kind = own !== '' || 'email' in author || 'url' in author ? 'Person' : 'Organization';
  return named(kind, own !== '' ? own : name, id);
}

function named(kind: Author['kind'], name: unknown, id?: string): Author[] {
  return typeof name === 'string' && name !== '' ? [{ kind, name, ...(id !== undefined && { id }) }] : [];
}

function fieldsIn(folder: string, name: string, read: (text: string) => unknown): Fields {
  const bytes = bytesIn(folder, name);
  if (bytes === undefined) return {};
  const refused = (why: string, hint = 'mend it: authors and licence are in it') =>
    new UserError('E_FILE', `${join(folder, name)} can't be read: ${why}`, hint);
  const text = decodeText(bytes);
  if (typeof text !== 'string') throw refused(text.why, text.hint);
  try {
    const found = read(text);
    return isFields(found) ? found : {};
  } catch (error) {
    throw refused((error as Error).message.split('\n')[0]!);
  }
}

function bytesIn(folder: string, name: string): Buffer | undefined {
  try {
    return readRegularFile(join(folder, name));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
