import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  readonly body: Buffer;
  readonly etag?: string;
}

/** How one request is answered instead of properly. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse, served: Served) => void;

/** A real HTTP server on loopback that knows ranges, and misbehaves on request. */
export class FileServer {
  readonly files = new Map<string, Served>();
  /** Taken one by one, oldest first; afterwards requests are answered properly. */
  readonly misbehaviours: Misbehaviour[] = [];
  readonly requests: { readonly path: string; readonly range: string | undefined }[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FileServer> {
    let own: FileServer;
    const server = createServer((request, response) => own.#answer(request, response));
    own = new FileServer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return own;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Serves a file of the disk. */
  serve(path: string, file: string): void {
    this.files.set(path, { body: readFileSync(file) });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').slice(1);
    this.requests.push({ path, range: request.headers.range });
    const served = this.files.get(path);
    const misbehaviour = this.misbehaviours.shift();
    if (served === undefined) response.writeHead(404).end('not here');
    else if (misbehaviour) misbehaviour(request, response, served);
    else sendProperly(request, response, served);
  }
}

export const sendProperly: Misbehaviour = (request, response, { body, etag = '"v1"' }) => {
  const [, from, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const condition = request.headers['if-range'];
  const start = Number(from);
  if (from !== undefined && (condition === undefined || condition === etag) && start < body.length) {
    const part = body.subarray(start, Number(last) + 1);
    const range = `bytes ${start}-${start + part.length - 1}/${body.length}`;
    response.writeHead(206, { etag, 'content-length': part.length, 'content-range': range }).end(part);
  } else response.writeHead(200, { etag, 'content-length': body.length }).end(body);
};

/** Sends the beginning and breaks the connection. */
export const breakOffAfter =
  (bytes: number): Misbehaviour =>
  (request, response, { body, etag = '"v1"' }) => {
    const [, from, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = Math.min(Number(last ?? body.length) + 1, body.length);
    const range = from === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${body.length}` };
    response.writeHead(from === undefined ? 200 : 206, { etag, 'content-length': end - start, ...range });
    response.write(body.subarray(start, start + bytes), () => setTimeout(() => response.destroy(), 50));
  };

/** Sends everything from the start, whatever range was asked for. */
export const ignoreRange: Misbehaviour = (_, response, { body }) => {
  response.writeHead(200, { 'content-length': body.length }).end(body);
};

/** Sends parts, and no word on what they are parts of. */
export const nameless: Misbehaviour = (request, response, { body }) => {
  const [, from, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (from === undefined) response.writeHead(200, { 'content-length': body.length }).end(body);
  else {
    const part = body.subarray(Number(from), Number(last) + 1);
    response
      .writeHead(206, { 'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${body.length}` })
      .end(part);
  }
};

export const answer =
  (status: number): Misbehaviour =>
  (_, response) => {
    response.writeHead(status).end('sorry');
  };

/** Sends the headers and a byte, and then nothing. */
export const stall: Misbehaviour = (_, response, { body }) => {
  response.writeHead(200, { 'content-length': body.length });
  response.write(body.subarray(0, 1));
};

export const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
