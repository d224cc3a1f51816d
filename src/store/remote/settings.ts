import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../error.js';
import { homeFolder } from '../../home.js';
import { isLoopback } from '../../net/proxy.js';
import { parseTime, timePattern } from '../../schema/units.js';
import { type CacheFile, remotePattern, remoteTitle } from './cache-schema.js';

/** A section `cache:`, and the folder that a relative `file:` in it is relative to. */
export interface CacheSource {
  readonly section: (CacheFile & { readonly trusted?: readonly string[] }) | undefined;
  readonly folder: string;
  /** True if the user says it, not whoever wrote the pipeline. */
  readonly own?: boolean;
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
  /** What the user should know of where credentials go, and where not. */
  readonly caution?: Caution;
}

export interface Caution {
  readonly message: string;
  readonly hint: string;
}

const defaultSilenceMs = 15_000;

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The remote to use; undefined if there is none. The environment comes before the sources, and these in their order: who
 * starts the program decides before the machine's owner, and that one before whoever wrote the pipeline. What is said
 * beside a remote that another one comes before does not count.
 *
 * @throws UserError
 */
export function remoteSettings(
  sources: readonly CacheSource[],
  env: Variables = process.env,
): RemoteSettings | undefined {
  const said: readonly CacheSource[] = [{ section: variables(env), folder: process.cwd(), own: true }, ...sources];
  const naming = said.findIndex(({ section }) => section?.remote !== undefined);
  const source = said[naming];
  const remote = source?.section?.remote ?? '';
  // Set and empty turns off what the others name.
  if (source === undefined || remote === '') return undefined;
  const heard = said.slice(0, naming + 1).flatMap(({ section }) => section ?? []);
  const timeout = heard.find((section) => section.timeout !== undefined)?.timeout;
  const place = placeOf(remote, source.folder);
  // Everybody may ask for more strictness, and nobody for less.
  const signingKey = signingKeyOf(
    env,
    said.some(({ section }) => section?.requireSigned === true),
  );
  return {
    ...place,
    readOnly: heard.find((section) => section.readOnly !== undefined)?.readOnly ?? false,
    silenceMs: timeout === undefined ? defaultSilenceMs : parseTime(timeout) * 1e3,
    ...credentialsFor(place, source, sources, env),
    ...(signingKey === undefined ? {} : { signingKey }),
  };
}

/**
 * Credentials are for the remote that the user has named, or trusts: whoever writes a pipeline file must not learn them.
 */
function credentialsFor(
  { place, name }: Pick<RemoteSettings, 'place' | 'name'>,
  source: CacheSource,
  sources: readonly CacheSource[],
  env: Variables,
): Pick<RemoteSettings, 'authorization' | 'caution'> {
  const authorization = authorizationOf(env);
  if (authorization === undefined || 'folder' in place || !URL.canParse(place.url)) return {};
  const url = new URL(place.url);
  const trusted = sources.flatMap(({ own, section }) => (own === true ? (section?.trusted ?? []) : []));
  if (source.own !== true && !trusted.some((server) => URL.canParse(server) && new URL(server).origin === url.origin))
    return {
      caution: {
        message: `No credentials are sent to the remote cache ${name}, which only the pipeline file names.`,
        hint: `Do you trust it? Then write cache: { trusted: [${url.origin}] } to ~/.config/spikeline/config.yaml, or set SPIKELINE_REMOTE=${name}.`,
      },
    };
  if (url.protocol === 'https:' || isLoopback(url)) return { authorization };
  const message = `Credentials are sent to the remote cache ${name} unencrypted, so anyone on the way can read them.`;
  return { authorization, caution: { message, hint: 'Name it with https:.' } };
}

/** Set and empty is a secret that is missing, as CI systems have them: to go on without would believe everybody. */
function signingKeyOf({ SPIKELINE_REMOTE_SIGNING_KEY: text }: Variables, required: boolean): string | undefined {
  const key = text?.replace(/\r?\n$/, '');
  const hint = 'openssl rand -hex 32 makes a key; all who share results need the same one';
  if (key === undefined) {
    if (!required) return undefined;
    const message =
      'The remote cache is to be used with signed results only, but there is no key: `requireSigned` needs SPIKELINE_REMOTE_SIGNING_KEY.';
    throw new UserError('E_CACHE_SETTINGS', message, hint);
  }
  if (key.trim() === '')
    throw new UserError(
      'E_CACHE_SETTINGS',
      'SPIKELINE_REMOTE_SIGNING_KEY is set, and empty.',
      `${hint}. Without one, unset it`,
    );
  return key;
}

function placeOf(remote: string, folder: string): Pick<RemoteSettings, 'place' | 'name'> {
  if (!remote.startsWith('file:')) {
    const url = remote.endsWith('/') ? remote : `${remote}/`;
    return { place: { url }, name: url };
  }
  const rest = remote.slice('file:'.length);
  const path = rest.startsWith('//')
    ? fileURLToPath(remote)
    : resolve(folder, rest.startsWith('~/') ? homeFolder() + rest.slice(1) : rest);
  return { place: { folder: path }, name: path };
}

function variables(env: Variables): CacheFile {
  const { SPIKELINE_REMOTE: remote, SPIKELINE_REMOTE_READONLY: readOnly, SPIKELINE_REMOTE_TIMEOUT: timeout } = env;
  if (remote !== undefined && remote !== '' && !new RegExp(remotePattern).test(remote))
    // The value may hold a password: it is not shown.
    throw new UserError(
      'E_CACHE_SETTINGS',
      `SPIKELINE_REMOTE must be ${remoteTitle}.`,
      'credentials go to SPIKELINE_REMOTE_TOKEN, or SPIKELINE_REMOTE_USER and SPIKELINE_REMOTE_PASSWORD',
    );
  if (nonEmpty(timeout) !== undefined && !new RegExp(`${timePattern}|^\\d+(\\.\\d+)?$`).test(timeout!))
    throw new UserError('E_CACHE_SETTINGS', `SPIKELINE_REMOTE_TIMEOUT must be a time such as 30s, not ${timeout}.`);
  return {
    ...(remote === undefined ? {} : { remote }),
    ...(nonEmpty(readOnly) === undefined ? {} : { readOnly: flag(readOnly!) }),
    ...(nonEmpty(timeout) === undefined ? {} : { timeout: Number.isNaN(Number(timeout)) ? timeout! : Number(timeout) }),
  };
}

function flag(text: string): boolean {
  if (/^(1|true|yes)$/i.test(text)) return true;
  if (/^(0|false|no)$/i.test(text)) return false;
  throw new UserError('E_CACHE_SETTINGS', `SPIKELINE_REMOTE_READONLY must be 1 or 0, not ${text}.`);
}

/** What a header can hold. */
const headerText = /^[\t -~\u0080-\u00ff]*$/;

function authorizationOf(env: Variables): string | undefined {
  const { SPIKELINE_REMOTE_USER: user, SPIKELINE_REMOTE_PASSWORD: password } = env;
  const token = nonEmpty(env.SPIKELINE_REMOTE_TOKEN?.trim());
  if (token !== undefined && !headerText.test(token))
    throw new UserError(
      'E_CACHE_SETTINGS',
      'SPIKELINE_REMOTE_TOKEN holds a character that no token can have, such as a line break.',
      'is it the whole token, and nothing else?',
    );
  if (token !== undefined) return `Bearer ${token}`;
  if (nonEmpty(user) === undefined) return undefined;
  return `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
}

/** CI systems set a variable to nothing where a secret is missing. */
const nonEmpty = (text: string | undefined): string | undefined =>
  text === undefined || text === '' ? undefined : text;
