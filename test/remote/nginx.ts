import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** The program, if it is here: Debian's package is nginx-light. */
export const nginx = ['nginx', '/usr/sbin/nginx'].find((name) => spawnSync(name, ['-v']).status === 0);

export interface NginxServer {
  readonly url: string;
  /** What it keeps: `cas/…` and `ac/…`. */
  readonly folder: string;
  stop(): Promise<void>;
}

/**
 * Starts nginx on loopback as docs/caches.md says, on a free port and with a folder of its own.
 *
 * @param password if a user `someone` with it is to be asked for
 */
export async function startNginx(password?: string): Promise<NginxServer> {
  const home = mkdtempSync(join(tmpdir(), 'spikeline-nginx-'));
  const folder = join(home, 'cache');
  mkdirSync(folder);
  const port = await freePort();
  const own = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${home}/${name};`);
  if (password !== undefined) writeFileSync(join(home, 'users'), `someone:{PLAIN}${password}\n`);
  const access = password === undefined ? '' : `auth_basic cache; auth_basic_user_file ${home}/users;`;
  writeFileSync(
    join(home, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${home}/pid; error_log ${home}/error.log;
    ${userInfo().uid === 0 ? 'user root;' : ''}
    events { worker_connections 64; }
    http {
      access_log off; log_not_found off; client_max_body_size 0; ${own.join(' ')}
      server {
        listen 127.0.0.1:${port};
        location / { root ${folder}; dav_methods PUT; create_full_put_path on; ${access} }
      }
    }`,
  );
  const child = spawn(nginx!, ['-p', home, '-c', join(home, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const url = `http://127.0.0.1:${port}/`;
  for (let tries = 0; ; tries++) {
    if ((await fetch(url).catch(() => undefined)) !== undefined) break;
    if (tries > 300 || child.exitCode !== null) throw new Error(`nginx does not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url,
    folder,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
