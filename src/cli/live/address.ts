import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from '../../files/error.js';
import { makeFolder } from '../../files/make-folder.js';
import { homeFolder } from '../../home.js';
import type { PageKind } from '../../report/live/page.js';

/** Where a page is served, and what its readers must know. */
export interface Address {
  readonly port: number;
  readonly token: string;
}

const secretLength = 32;
/** Ports that systems give to nobody by themselves. */
const ports = { first: 20_000, count: 10_000 };

/** What tells a pipeline in a form of its own from others. */
export interface Form {
  readonly pipeline: { readonly file: string };
  readonly store: { readonly folder: string };
  readonly options: { readonly set?: readonly string[]; readonly profile?: string; readonly engine?: string };
}

/** The address of a page of a pipeline: see `lastingAddress`. @param kind those of runs are not those of results */
export function pipelineAddress(kind: PageKind, { pipeline, store, options }: Form): Address | undefined {
  const { set, profile, engine } = options;
  return lastingAddress(JSON.stringify([kind, pipeline.file, store.folder, set, profile, engine]));
}

/**
 * The address of a page that is served again and again: pages that are open, and bookmarks, find it after a restart. It is made
 * from a secret that only this user can read; undefined where that can't be kept.
 *
 * @param what the page shows
 */
function lastingAddress(what: string): Address | undefined {
  const secret = userSecret();
  if (secret === undefined) return undefined;
  const digest = createHmac('sha256', secret).update(what).digest();
  const port = ports.first + (digest.readUInt32BE(24) % ports.count);
  return { port, token: digest.subarray(0, 24).toString('base64url') };
}

/** `$XDG_STATE_HOME/spikeline/page-secret`, by default in `~/.local/state`; on Windows among its local data of programs. */
function secretFile(): string {
  const { XDG_STATE_HOME, LOCALAPPDATA } = process.env;
  return join(XDG_STATE_HOME || LOCALAPPDATA || join(homeFolder(), '.local', 'state'), 'spikeline', 'page-secret');
}

function userSecret(): Buffer | undefined {
  const file = secretFile();
  try {
    makeFolder(dirname(file), 0o700);
    // Nothing is written over, nor through a link.
    writeFileSync(file, randomBytes(secretLength), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') return undefined;
  }
  try {
    const secret = readFileSync(file);
    return secret.length === secretLength ? secret : undefined;
  } catch {
    return undefined;
  }
}
