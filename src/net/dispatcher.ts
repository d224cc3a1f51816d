import { Agent, buildConnector, Dispatcher, Pool, ProxyAgent } from 'undici';
import { NetworkError, networkError } from './fault.js';
import { addressHint, proxyOf, type Variables } from './proxy.js';

export interface DispatcherOptions {
  /** How long a connection may take to come about, in milliseconds. */
  readonly connectMs: number;
  /** Connections at a time to one server. Default: any number. */
  readonly connections?: number;
  /** Where proxies are named. */
  readonly env?: Variables;
}

/**
 * The way to servers for undici's `request` and `fetch`: directly, or through the proxy that the environment names for
 * the address, redirects included. It waits for answers without an end: whoever asks gives up by a signal. What fails
 * is told by `networkError`.
 */
export function openDispatcher(options: DispatcherOptions): Dispatcher {
  return new Ways(options);
}

class Ways extends Dispatcher {
  readonly #ways = new Map<string, Dispatcher>();

  constructor(readonly options: DispatcherOptions) {
    super();
  }

  /** What it throws, undici gives to whoever asked. */
  override dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const url = new URL(String(request.origin));
    const proxy = proxyOf(url, this.options.env);
    const name = proxy === undefined ? '' : `${url.protocol} ${proxy.href}`;
    let way = this.#ways.get(name);
    if (way === undefined) {
      way = proxy === undefined ? new Agent(this.#settings) : this.#through(proxy, url.protocol === 'https:');
      this.#ways.set(name, way);
    }
    return way.dispatch(request, handler);
  }

  override async close(): Promise<void> {
    await Promise.all([...this.#ways.values()].map((way) => way.close()));
  }

  override async destroy(): Promise<void> {
    await Promise.all([...this.#ways.values()].map((way) => way.destroy()));
  }

  get #settings() {
    const { connectMs, connections } = this.options;
    const limit = connections === undefined ? {} : { connections };
    return { ...limit, connect: { timeout: connectMs }, headersTimeout: 0, bodyTimeout: 0 };
  }

  #through(proxy: URL, secure: boolean): Dispatcher {
    const authorization = authorizationOf(proxy);
    if (!secure) return plainly(proxy, authorization, this.#settings);
    const { connectMs } = this.options;
    const tls = { timeout: connectMs };
    return new ProxyAgent({
      ...this.#settings,
      uri: proxy.origin,
      ...(authorization === undefined ? {} : { token: authorization }),
      proxyTls: tls,
      requestTls: tls,
      clientFactory: (origin, about) => tunnels(origin, { ...about, headersTimeout: connectMs }),
    });
  }
}

/** Requests for http: are handed to the proxy with their whole address: many allow tunnels to the port of https alone. */
function plainly(proxy: URL, authorization: string | undefined, settings: Pool.Options): Dispatcher {
  const { origin } = proxy;
  const direct = buildConnector(settings.connect as buildConnector.BuildOptions);
  const connect: buildConnector.connector = (options, done) =>
    direct(options, (...result) => {
      if (result[0] === null) done(...result);
      else done(unusable(origin, result[0]), null);
    });
  return new Pool(origin, { ...settings, connect }).compose((dispatch) => (request, handler) => {
    const { host, origin: server } = new URL(String(request.origin));
    const more = { host, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) };
    const headers = { ...recordOf(request.headers), ...more };
    return dispatch({ ...request, origin, path: server + request.path, headers }, handler);
  });
}

/** Names and values in turn are a form that undici knows, too. */
function recordOf(headers: Dispatcher.DispatchOptions['headers']): Record<string, unknown> {
  if (!Array.isArray(headers)) return { ...(headers as Record<string, unknown> | null | undefined) };
  const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]] as const] : []));
  return Object.fromEntries(pairs);
}

function unusable(proxy: string, error: unknown): NetworkError {
  const { kind, message, hint } = networkError(error);
  return new NetworkError(kind, `the proxy ${proxy} can’t be used: ${message}`, hint);
}

/**
 * The connections to a proxy through which those to servers lead. undici calls a refusal an abort, and tries again
 * without end where a proxy hangs up: here each is an error that says what the proxy did.
 */
function tunnels({ origin }: URL, options: object): Pool {
  const pool = new Pool(origin, options);
  const open = pool.connect.bind(pool);
  const connect = async (about: Dispatcher.ConnectOptions<null>) => {
    const answer = await open(about).catch((error: unknown) => {
      throw unusable(origin, error);
    });
    if (answer.statusCode === 200) return answer;
    answer.socket.on('error', () => undefined).destroy();
    throw refusal(origin, answer.statusCode, String(about.path));
  };
  return Object.assign(pool, { connect });
}

function refusal(origin: string, status: number, server: string): NetworkError {
  const proxy = `the proxy ${origin}`;
  if (status === 407)
    return new NetworkError('denied', `${proxy} needs valid credentials (407)`, addressHint('HTTPS_PROXY'));
  const kind = status >= 500 || [408, 425, 429].includes(status) ? 'transient' : 'denied';
  const hint = `NO_PROXY=${server.replace(/:\d+$/, '')} goes there without it.`;
  return new NetworkError(kind, `${proxy} refuses to connect to ${server} (${status})`, hint);
}

function authorizationOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const text = [username, password].map(decode).join(':');
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

/** A password with a bare `%` is meant as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
