import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import type { Misbehaviour } from '../../data/server.js';

export interface Asked {
  readonly method: string;
  /** Without the first `/`. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** A real HTTP cache on loopback: GET, HEAD and PUT of `/cas/…` and `/ac/…`, kept in memory. It misbehaves on request. */
export class CacheServer {
  readonly objects = new Map<string, Buffer>();
  readonly requests: Asked[] = [];
  /** How a request is answered instead of properly. */
  misbehave: (asked: Asked) => Misbehaviour | undefined = () => undefined;
  /** Requests whose answer has begun and not ended. */
  open = 0;
  mostOpen = 0;
  /** How long it thinks before it answers. */
  pauseMs = 0;
  url = '';
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Stopped when the test is over. */
  static async start(): Promise<CacheServer> {
    let own: CacheServer;
    const server = createServer((request, response) => void own.#answer(request, response));
    own = new CacheServer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    own.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    onTestFinished(() => own.stop());
    return own;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Requests as `GET ac/…`, the names cut to eight digits. */
  get asked(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path.replace(/\/(.{8}).*/, '/$1')}`);
  }

  /** The names of what it holds in an area. */
  names(area: 'ac' | 'cas'): string[] {
    return [...this.objects.keys()]
      .filter((path) => path.startsWith(`${area}/`))
      .map((path) => path.slice(area.length + 1));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '/', headers } = request;
    const asked = { method, path: url.slice(1), headers };
    this.requests.push(asked);
    this.mostOpen = Math.max(this.mostOpen, ++this.open);
    response.on('close', () => this.open--);
    const body = this.objects.get(asked.path);
    if (this.pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, this.pauseMs));
    const misbehaviour = this.misbehave(asked);
    if (misbehaviour !== undefined) return misbehaviour(request, response, { body: body ?? Buffer.alloc(0) });
    if (method === 'PUT') {
      const sent = await buffer(request).catch(() => undefined);
      if (sent === undefined) return;
      this.objects.set(asked.path, sent);
      response.writeHead(201).end();
    } else if (body === undefined) response.writeHead(404).end('not here');
    else response.writeHead(200, { 'content-length': body.length }).end(method === 'HEAD' ? undefined : body);
  }
}

/** Answers with other bytes, and says so many. */
export const instead =
  (change: (body: Buffer) => Buffer): Misbehaviour =>
  (_, response, { body }) => {
    const other = change(body);
    response.writeHead(200, { 'content-length': other.length }).end(other);
  };

/** The same bytes with one bit flipped in the middle. */
export const flipped = (body: Buffer): Buffer => {
  const other = Buffer.from(body);
  other[other.length >> 1]! ^= 1;
  return other;
};

/** Sends chunks, with no word of how many bytes there are, and ends too early. */
export const endEarly: Misbehaviour = (_, response, { body }) => {
  response.writeHead(200).end(body.subarray(0, body.length >> 1));
};

/** Sends the bytes and goes on for ever, as fast as they are taken. */
export const endless: Misbehaviour = (_, response, { body }) => {
  response.writeHead(200);
  response.write(body);
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(1 << 16)));
  };
  response.on('drain', more);
  more();
};

/** Sends a byte now and then. */
export const drip: Misbehaviour = (_, response, { body }) => {
  response.writeHead(200, { 'content-length': body.length });
  let at = 0;
  const timer = setInterval(() => response.write(body.subarray(at, ++at)), 20);
  response.on('close', () => clearInterval(timer));
};

/** Sends the headers alone. */
export const headersAlone: Misbehaviour = (_, response, { body }) => {
  response.writeHead(200, { 'content-length': body.length }).flushHeaders();
};

/** Compresses what it sends, whatever was asked for. */
export const compress: Misbehaviour = (_, response, { body }) => {
  const packed = gzipSync(body);
  response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed);
};

/** Accepts the request and says nothing. */
export const hang: Misbehaviour = () => undefined;

export const redirect =
  (to: string): Misbehaviour =>
  (_, response) => {
    response.writeHead(302, { location: to }).end();
  };
