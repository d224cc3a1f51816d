// A server for one reader: on loopback, read-only, and only for those who know its token.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What is given out under a name. */
export interface Answer {
  readonly type: string;
  readonly body: string;
  /** Of a page. */
  readonly policy?: string;
}

type Give = (query: URLSearchParams) => Answer | undefined | Promise<Answer | undefined>;

/** Bytes that a reader may be behind before it is let go: its browser asks again. */
const mostBehind = 4 * 2 ** 20;
const host = '127.0.0.1';

/** Gives out pages by name, and tells readers of events as they happen (server-sent events). */
export class LiveServer {
  readonly #token: string;
  readonly #server: Server;
  readonly #readers = new Set<ServerResponse>();
  #port = 0;
  /** Is told how many read. */
  onReaders: (count: number) => void = () => undefined;

  /**
   * @param pages by name; the empty one is the page itself
   * @param first what a new reader is told
   * @param token what readers must know; by default something new
   */
  constructor(
    readonly pages: Readonly<Record<string, Give>>,
    readonly first: () => string,
    token = randomBytes(24).toString('base64url'),
  ) {
    this.#token = token;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => refuse(response, 500));
    });
    // Readers stay for as long as a run takes.
    this.#server.requestTimeout = 0;
  }

  /**
   * @param port 0 for any that is free: its usual one, if that is
   * @param usual where it is found again after a restart
   */
  async listen(port: number, usual?: number): Promise<void> {
    if (port !== 0 || usual === undefined) await this.#listenAt(port);
    else await this.#listenAt(usual).catch(() => this.#listenAt(0));
  }

  async #listenAt(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://${host}:${this.#port}/${this.#token}/`;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Tells all readers. @param name of the event, if it has one */
  send(data: string, name?: string): void {
    if (this.#readers.size === 0) return;
    const text = messageOf(data, name);
    for (const reader of this.#readers) {
      if (reader.writableLength > mostBehind) reader.destroy();
      else reader.write(text);
    }
  }

  async close(): Promise<void> {
    for (const reader of this.#readers) reader.end();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405);
    // Another name for this machine would let pages of others read it.
    const names = [host, 'localhost', '[::1]'].map((name) => `${name}:${this.#port}`);
    const { host: asked = '', origin } = request.headers;
    if (!names.includes(asked)) return refuse(response, 403);
    if (origin !== undefined && origin !== `http://${asked}`) return refuse(response, 403);
    const url = new URL(request.url ?? '/', `http://${asked}`);
    const [, token = '', name = '', ...more] = url.pathname.split('/');
    if (!isSame(token, this.#token) || more.length > 0) return refuse(response, 404);
    if (name === 'events') return this.#read(response);
    const answer = Object.hasOwn(this.pages, name) ? await this.pages[name]!(url.searchParams) : undefined;
    if (answer === undefined) return refuse(response, 404);
    response.writeHead(200, {
      ...headers,
      'Content-Type': answer.type,
      ...(answer.policy === undefined ? {} : { 'Content-Security-Policy': answer.policy }),
    });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }

  #read(response: ServerResponse): void {
    response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream' });
    response.write(messageOf(this.first(), 'snapshot'));
    this.#readers.add(response);
    this.onReaders(this.#readers.size);
    response.on('close', () => {
      this.#readers.delete(response);
      this.onReaders(this.#readers.size);
    });
  }
}

const headers = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

function refuse(response: ServerResponse, status: number): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { ...headers, 'Content-Type': 'text/plain' });
  response.end();
}

function messageOf(data: string, name: string | undefined): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`;
}

function isSame(given: string, token: string): boolean {
  return given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token));
}
