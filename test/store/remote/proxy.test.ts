import { describe, expect, it, vi } from 'vitest';
import { answers, type Conduct, hangsUp, isSilent, ProxyServer, says } from '../../net/proxy-server.js';
import { Machine, quiet } from './examples.js';
import { CacheServer } from './server.js';

const behind = (url: string) => {
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'NO_PROXY']) vi.stubEnv(name, '');
  vi.stubEnv('HTTP_PROXY', url);
  vi.stubEnv('HTTPS_PROXY', url);
};

describe('behind a proxy', () => {
  it('results are carried', async () => {
    const server = await CacheServer.start();
    const { url, heads } = await ProxyServer.start(Number(new URL(server.url).port));
    behind(url);
    const [a, b] = [new Machine('http://cache.example.org/'), new Machine('http://cache.example.org/')];
    const record = await a.share('x');
    expect(await b.cache.fetch(record.key, 't', quiet)).toBeDefined();
    expect([a.said, b.said, heads.length > 0]).toEqual(['', '', true]);
  });

  it.each<[string, Conduct | string]>([
    ['refuses', answers(403)],
    ['finds nothing', answers(404)],
    ['wants a password', answers(407)],
    ['fails', answers(502)],
    ['is silent', isSilent],
    ['hangs up', hangsUp],
    ['says something else', says('\u0000\u0001\u0002')],
    ['is no address', 'http://me:secret@p:port'],
  ])('that %s it costs a bounded time, and a warning that it is left alone', async (_, conduct) => {
    const proxy = typeof conduct === 'string' ? conduct : (await ProxyServer.start(1, conduct)).url;
    behind(proxy);
    // Beside other tests, others may take a while to answer, and are not silent.
    const machine = new Machine('https://cache.example.org/', { silenceMs: conduct === isSilent ? 100 : 60_000 });
    const record = await machine.result('x');
    for (let times = 0; times < 3; times++) {
      expect(await machine.cache.fetch(record.key, 'The result of t', quiet)).toBeUndefined();
      expect(await machine.cache.upload(record, 't', quiet)).toBe(false);
    }
    expect(machine.cache.readable).toBe(false);
    expect(machine.said.match(/ is left alone from now on: /g)).toHaveLength(1);
    expect(machine.warnings.length).toBeLessThanOrEqual(3);
    // One that is silent can't be told from a server that is.
    expect(machine.said).toMatch(conduct === isSilent ? 'it sent nothing' : /prox/i);
    expect(machine.said).not.toContain('secret');
  });
});
