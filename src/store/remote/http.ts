import type { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import { openDispatcher } from '../../net/dispatcher.js';
import { networkError } from '../../net/fault.js';
import { addressHint } from '../../net/proxy.js';
import { version } from '../../version.js';
import { type Area, type Incoming, type Outgoing, type Remote, RemoteError } from './remote.js';

export interface HttpOptions {
  /** The header `authorization`. */
  readonly authorization?: string;
  /** How long a connection may take to come about, in milliseconds. */
  readonly connectMs: number;
  /** Connections at a time. */
  readonly connections: number;
}

/**
 * A server of the Bazel HTTP cache protocol: GET, HEAD and PUT of `/cas/<sha256>` and `/ac/<key>`. Bazel-remote is one,
 * nginx with WebDAV another. Proxies are taken from the environment. Redirects are not followed: credentials belong to
 * one server.
 */
export class HttpRemote implements Remote {
  readonly #dispatcher: Dispatcher;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param url ends in `/` */
  constructor(
    readonly url: string,
    { authorization, connectMs, connections }: HttpOptions,
    readonly name = url,
  ) {
    // Silence is noticed by whoever calls, in both directions.
    this.#dispatcher = openDispatcher({ connectMs, connections });
    // A compressed body is not the bytes that were stored.
    const general = { 'accept-encoding': 'identity', 'user-agent': `spikeline/${version}` };
    this.#headers = { ...general, ...(authorization === undefined ? {} : { authorization }) };
  }

  async get(area: Area, name: string, signal: AbortSignal): Promise<Incoming | undefined> {
    const response = await this.#request('GET', area, name, { signal });
    if (isMissing(response)) return discard(response, undefined);
    await this.#check(response);
    const size = sizeOf(response);
    return { body: response.body, ...(size === undefined ? {} : { size }) };
  }

  async find(area: Area, name: string, signal: AbortSignal): Promise<number | 'unknown' | undefined> {
    const response = await this.#request('HEAD', area, name, { signal });
    if (isMissing(response)) return discard(response, undefined);
    await this.#check(response);
    return discard(response, sizeOf(response) ?? 'unknown');
  }

  async put(area: Area, name: string, content: Outgoing, signal: AbortSignal): Promise<void> {
    const headers = { 'content-length': String(content.size), 'content-type': 'application/octet-stream' };
    // Its types know fewer bodies than it takes.
    const body = content.open() as unknown as Readable;
    const response = await this.#request('PUT', area, name, {
      signal,
      headers,
      body,
    });
    await this.#check(response);
    await discard(response, undefined);
  }

  explain(error: unknown): RemoteError {
    return remoteError(error);
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  async #request(
    method: 'GET' | 'HEAD' | 'PUT',
    area: Area,
    name: string,
    { headers, ...options }: { signal: AbortSignal; headers?: Record<string, string>; body?: Readable },
  ): Promise<Dispatcher.ResponseData> {
    try {
      return await request(`${this.url}${area}/${name}`, {
        ...options,
        method,
        headers: { ...this.#headers, ...headers },
        dispatcher: this.#dispatcher,
      });
    } catch (error) {
      throw remoteError(error);
    }
  }

  async #check(response: Dispatcher.ResponseData): Promise<void> {
    const { statusCode, headers } = response;
    const coding = headers['content-encoding'] ?? 'identity';
    if (statusCode === 200 || statusCode === 201 || statusCode === 204) {
      if (coding === 'identity') return;
      response.body.on('error', () => undefined).destroy();
      throw new RemoteError('content', 'it compresses what it sends, although asked not to', 'gzip off; in nginx.');
    }
    await discard(response, undefined);
    const location = typeof headers.location === 'string' ? headers.location : undefined;
    throw statusError(statusCode, { location, retryAfter: Number(headers['retry-after'] ?? Number.NaN) });
  }
}

const isMissing = ({ statusCode }: Dispatcher.ResponseData): boolean => statusCode === 404 || statusCode === 410;

function sizeOf({ headers }: Dispatcher.ResponseData): number | undefined {
  const text = headers['content-length'];
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** A small body is read, so that its connection can be used again; a large one is not worth that. */
async function discard<T>(response: Dispatcher.ResponseData, value: T): Promise<T> {
  await response.body.dump({ limit: 1 << 16 }).catch(() => undefined);
  return value;
}

const credentials = 'Set SPIKELINE_REMOTE_TOKEN, or SPIKELINE_REMOTE_USER and SPIKELINE_REMOTE_PASSWORD.';

function statusError(status: number, about: { location: string | undefined; retryAfter: number }): RemoteError {
  const answered = `it answers ${status}`;
  if (status === 401) return new RemoteError('denied', 'it needs valid credentials (401)', credentials);
  if (status === 407)
    return new RemoteError('denied', 'the proxy needs valid credentials (407)', addressHint('HTTP_PROXY'));
  if (status === 403 || status === 405)
    return new RemoteError('denied', `it does not allow this (${status})`, credentials);
  if (status >= 300 && status < 400) {
    const to = about.location === undefined ? '' : ` to ${withoutCredentials(about.location)}`;
    return new RemoteError('refused', `it redirects${to} (${status})`, 'Name the place that it leads to.');
  }
  if (status === 413)
    return new RemoteError(
      'refused',
      'it takes no file that large (413)',
      'Raise its limit: client_max_body_size in nginx.',
    );
  if (status === 409)
    return new RemoteError('refused', 'it has no folder for it (409)', 'create_full_put_path on; in nginx.');
  const temporary = status >= 500 || [408, 425, 429].includes(status);
  const retryAfter = Number.isFinite(about.retryAfter) ? about.retryAfter : undefined;
  return new RemoteError(temporary ? 'transient' : 'refused', answered, undefined, retryAfter);
}

function withoutCredentials(location: string): string {
  return location.replace(/\/\/[^/@]*@/, '//').replace(/[?#].*/, '');
}

/** What a failed connection means. */
function remoteError(error: unknown): RemoteError {
  if (error instanceof RemoteError) return error;
  const { kind, message, hint } = networkError(error);
  return new RemoteError(kind, message, hint, undefined, { cause: error });
}
