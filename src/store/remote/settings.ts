import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CacheFile, remotePattern, remoteTitle } from '../../pipeline/cache.js';
import { parseTime, timePattern } from '../../pipeline/units.js';

/** A section `cache:`, and the folder that a relative `file:` in it is relative to. */
export interface CacheSource {
  readonly section: CacheFile | undefined;
  readonly folder: string;
}

/** A remote and how to use it. None of it enters a key. */
export interface RemoteSettings {
  /** A folder, or the URL of a server, ending in `/`. */
  readonly place: { readonly folder: string } | { readonly url: string };
  /** The same for people. */
  readonly name: string;
  readonly readOnly: boolean;
  /** How long it may be silent, in milliseconds. */
  readonly silenceMs: number;
  /** The header `authorization`. */
  readonly authorization?: string;
  /** With it, entries are signed, and those that are not signed with it are none. */
  readonly signingKey?: string;
}

const defaultSilenceMs = 15_000;

type Variables = Readonly<Record<string, string | undefined>>;

/** A variable of the environment that can't be understood. */
export class RemoteSettingsError extends Error {
  override readonly name = 'UsageError';
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/**
 * The remote to use; undefined if there is none. The environment comes before the sources, and these in their order: who
 * starts the program decides before the machine's owner, and that one before whoever wrote the pipeline. What is said
 * beside a remote that another one comes before does not count.
 *
 * @throws RemoteSettingsError
 */
export function remoteSettings(
  sources: readonly CacheSource[],
  env: Variables = process.env,
): RemoteSettings | undefined {
  const said: readonly CacheSource[] = [{ section: variables(env), folder: process.cwd() }, ...sources];
  const naming = said.findIndex(({ section }) => section?.remote !== undefined);
  const source = said[naming];
  const remote = source?.section?.remote ?? '';
  // Set and empty turns off what the others name.
  if (source === undefined || remote === '') return undefined;
  const heard = said.slice(0, naming + 1).flatMap(({ section }) => section ?? []);
  const timeout = heard.find((section) => section.timeout !== undefined)?.timeout;
  const signingKey = nonEmpty(env.SPIKELINE_REMOTE_SIGNING_KEY);
  const authorization = authorizationOf(env);
  return {
    ...placeOf(remote, source.folder),
    readOnly: heard.find((section) => section.readOnly !== undefined)?.readOnly ?? false,
    silenceMs: timeout === undefined ? defaultSilenceMs : parseTime(timeout) * 1e3,
    ...(authorization === undefined ? {} : { authorization }),
    ...(signingKey === undefined ? {} : { signingKey }),
  };
}

function placeOf(remote: string, folder: string): Pick<RemoteSettings, 'place' | 'name'> {
  if (!remote.startsWith('file:')) {
    const url = remote.endsWith('/') ? remote : `${remote}/`;
    return { place: { url }, name: url };
  }
  const rest = remote.slice('file:'.length);
  const path = rest.startsWith('//')
    ? fileURLToPath(remote)
    : resolve(folder, rest.startsWith('~/') ? homedir() + rest.slice(1) : rest);
  return { place: { folder: path }, name: path };
}

function variables(env: Variables): CacheFile {
  const { SPIKELINE_REMOTE: remote, SPIKELINE_REMOTE_READONLY: readOnly, SPIKELINE_REMOTE_TIMEOUT: timeout } = env;
  if (remote !== undefined && remote !== '' && !new RegExp(remotePattern).test(remote))
    // The value may hold a password: it is not shown.
    throw new RemoteSettingsError(
      `SPIKELINE_REMOTE must be ${remoteTitle}.`,
      'credentials go to SPIKELINE_REMOTE_TOKEN, or SPIKELINE_REMOTE_USER and SPIKELINE_REMOTE_PASSWORD',
    );
  if (nonEmpty(timeout) !== undefined && !new RegExp(`${timePattern}|^\\d+(\\.\\d+)?$`).test(timeout!))
    throw new RemoteSettingsError(`SPIKELINE_REMOTE_TIMEOUT must be a time such as 30s, not ${timeout}.`);
  return {
    ...(remote === undefined ? {} : { remote }),
    ...(nonEmpty(readOnly) === undefined ? {} : { readOnly: flag(readOnly!) }),
    ...(nonEmpty(timeout) === undefined ? {} : { timeout: Number.isNaN(Number(timeout)) ? timeout! : Number(timeout) }),
  };
}

function flag(text: string): boolean {
  if (/^(1|true|yes)$/i.test(text)) return true;
  if (/^(0|false|no)$/i.test(text)) return false;
  throw new RemoteSettingsError(`SPIKELINE_REMOTE_READONLY must be 1 or 0, not ${text}.`);
}

function authorizationOf(env: Variables): string | undefined {
  const { SPIKELINE_REMOTE_TOKEN: token, SPIKELINE_REMOTE_USER: user, SPIKELINE_REMOTE_PASSWORD: password } = env;
  if (nonEmpty(token) !== undefined) return `Bearer ${token!.trim()}`;
  if (nonEmpty(user) === undefined) return undefined;
  return `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
}

/** CI systems set a variable to nothing where a secret is missing. */
const nonEmpty = (text: string | undefined): string | undefined =>
  text === undefined || text === '' ? undefined : text;
