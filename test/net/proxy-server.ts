import type { AddressInfo } from 'node:net';
import { createServer, connect as openSocket, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a proxy does with a connection whose first lines it has read. */
export type Conduct = (socket: Socket, head: string, rest: Buffer) => void;

/** A real proxy on loopback. Whatever server it is asked for, it leads to one on this machine. */
export class ProxyServer {
  /** The first lines of each connection. */
  readonly heads: string[] = [];
  url = '';
  /** Where proxies lead to, by the port of a server here. */
  conduct: Conduct;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: number) {
    this.conduct = leadTo(target);
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** @param target the port of the server that it leads to. Stopped when the test is over. */
  static async start(target: number, conduct?: Conduct): Promise<ProxyServer> {
    const own = new ProxyServer(target);
    if (conduct !== undefined) own.conduct = conduct;
    await new Promise<void>((resolve) => own.#server.listen(0, '127.0.0.1', resolve));
    own.url = `http://127.0.0.1:${(own.#server.address() as AddressInfo).port}`;
    onTestFinished(() => own.stop());
    return own;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    let read = Buffer.alloc(0);
    const take = (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      const end = read.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', take);
      socket.pause();
      const head = read.subarray(0, end).toString();
      this.heads.push(head);
      this.conduct(socket, head, read.subarray(end + 4));
    };
    socket.on('data', take);
  }
}

/** As a proxy should: a tunnel, or one request handed on with its path alone. */
const leadTo =
  (port: number): Conduct =>
  (socket, head, rest) => {
    const server = openSocket(port, '127.0.0.1', () => {
      if (head.startsWith('CONNECT ')) socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      else
        server.write(`${head.replace(/ http:\/\/[^/]+/, ' ').replace(/connection: .*/i, 'connection: close')}\r\n\r\n`);
      server.write(rest);
      socket.pipe(server).pipe(socket);
    });
    server.on('error', () => socket.destroy());
  };

export const answers =
  (status: number): Conduct =>
  (socket) =>
    void socket.end(`HTTP/1.1 ${status} Word\r\ncontent-length: 0\r\n\r\n`);
export const says =
  (text: string): Conduct =>
  (socket) =>
    void socket.end(text);
export const hangsUp: Conduct = (socket) => void socket.destroy();
export const isSilent: Conduct = () => undefined;
