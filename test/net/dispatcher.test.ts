import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fetch, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDispatcher } from '../../src/net/dispatcher.js';
import { networkError } from '../../src/net/fault.js';
import { CacheServer, redirect } from '../store/remote/server.js';
import { certificate } from './certificate.js';
import { answers, type Conduct, hangsUp, isSilent, ProxyServer, says } from './proxy-server.js';

async function server(): Promise<CacheServer> {
  const own = await CacheServer.start();
  own.objects.set('cas/1', Buffer.from('content'));
  return own;
}

const portOf = (url: string) => Number(new URL(url).port);

function dispatcher(env: Readonly<Record<string, string>>) {
  const own = openDispatcher({ connectMs: 300, env });
  onTestFinished(() => own.destroy());
  return own;
}

/** What asking for `https://cache.example.org/` through a proxy ends in. */
async function failure(env: Readonly<Record<string, string>>, url = 'https://cache.example.org/cas/1') {
  const error = await request(url, { dispatcher: dispatcher(env) }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const { kind, message, hint } = networkError(error);
  return [kind, message, hint];
}

describe('openDispatcher', () => {
  it('hands requests for http: to the proxy, with its credentials, and the rest of the request as it was', async () => {
    const target = await server();
    const proxy = await ProxyServer.start(portOf(target.url));
    const env = { HTTP_PROXY: proxy.url.replace('//', '//me:p%40ss@'), NO_PROXY: 'other.example' };
    const url = 'http://cache.example.org/cas/1';
    const answer = await request(url, { dispatcher: dispatcher(env), headers: { authorization: 'Bearer t' } });
    expect(await answer.body.text()).toBe('content');
    const fetched = await fetch(url, { dispatcher: dispatcher(env), headers: { authorization: 'Bearer t' } });
    expect(await fetched.text()).toBe('content');
    for (const head of proxy.heads) {
      expect(head).toMatch(/^GET http:\/\/cache\.example\.org\/cas\/1 HTTP\/1\.1\r\n/);
      expect(head).toMatch(/^host: cache\.example\.org\r?$/im);
      expect(head).toMatch(
        new RegExp(`^proxy-authorization: Basic ${Buffer.from('me:p@ss').toString('base64')}\r?$`, 'im'),
      );
    }
    expect(proxy.heads).toHaveLength(2);
    expect(target.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer t', 'Bearer t']);
  });

  it('asks for a tunnel for https:, with the credentials for the proxy alone', async () => {
    const proxy = await ProxyServer.start(1, answers(404));
    const env = { https_proxy: proxy.url.replace('//', '//me:100%@') };
    await request('https://cache.example.org/', {
      dispatcher: dispatcher(env),
      headers: { authorization: 'Bearer t' },
    }).catch(() => undefined);
    expect(proxy.heads[0]).toMatch(/^CONNECT cache\.example\.org:443 HTTP\/1\.1\r\n/);
    expect(proxy.heads[0]).toContain(`Basic ${Buffer.from('me:100%').toString('base64')}`);
    expect(proxy.heads[0]).not.toContain('Bearer');
  });

  it('leads through a tunnel to a server whose certificate is then looked at', async () => {
    const target = createServer(certificate, (_, response) => response.end());
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void target.close());
    const proxy = await ProxyServer.start((target.address() as AddressInfo).port);
    expect(await failure({ HTTPS_PROXY: proxy.url })).toEqual([
      'refused',
      'its certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)',
      'NODE_EXTRA_CA_CERTS=FILE names a certificate authority of your own.',
    ]);
  });

  it('goes straight to what NO_PROXY lists, redirects included', async () => {
    const target = await server();
    const local = target.url.replace('127.0.0.1', 'localhost');
    const proxy = await ProxyServer.start(portOf(target.url));
    target.misbehave = ({ path }) => (path === 'away' ? redirect(`${local}cas/1`) : undefined);
    const fetched = await fetch('http://cache.example.org/away', { dispatcher: dispatcher({ HTTP_PROXY: proxy.url }) });
    expect(await fetched.text()).toBe('content');
    expect(proxy.heads).toHaveLength(1);
    expect(target.requests).toHaveLength(2);
  });

  it.each<[string, Conduct, string, string, string?]>([
    ['403', answers(403), 'denied', 'refuses to connect to cache.example.org:443 (403)', 'direct'],
    ['404', answers(404), 'denied', 'refuses to connect to cache.example.org:443 (404)', 'direct'],
    ['502', answers(502), 'transient', 'refuses to connect to cache.example.org:443 (502)', 'direct'],
    ['407', answers(407), 'denied', 'needs valid credentials (407)', 'address'],
    ['200 and closes', answers(200), 'transient', ''],
    ['nothing, and closes', hangsUp, 'transient', 'can’t be used: the connection broke (UND_ERR_SOCKET)'],
    ['nothing', isSilent, 'silent', 'can’t be used: it does not answer (UND_ERR_HEADERS_TIMEOUT)'],
    ['garbage', says('SSH-2.0-OpenSSH\r\n'), 'transient', 'can’t be used: it does not speak HTTP as it should'],
  ])('a proxy that answers %s', async (_, conduct, kind, message, hint) => {
    const proxy = await ProxyServer.start(1, conduct);
    const hints: Readonly<Record<string, string>> = {
      direct: 'NO_PROXY=cache.example.org goes there without it.',
      address: 'Write HTTPS_PROXY=http://HOST:PORT, with a name and a password as in http://NAME:PASSWORD@HOST:PORT.',
    };
    const found = await failure({ HTTPS_PROXY: proxy.url.replace('//', '//me:secret@') });
    expect([found[0], found[2]]).toEqual([kind, hint === undefined ? undefined : hints[hint]]);
    if (message !== '') expect(found[1]).toBe(`the proxy ${proxy.url} ${message}`);
    // Not again and again without a word of whoever asked.
    expect(proxy.heads.length).toBeLessThanOrEqual(2);
    expect(found.join()).not.toContain('secret');
  });

  it('an address that is none', async () => {
    const error = await fetch('https://a:b:c/', { dispatcher: dispatcher({}) }).catch((error: unknown) => error);
    expect(networkError(error)).toMatchObject({ kind: 'denied', message: 'its address is not valid' });
  });

  it.each(['http', 'https'])('a proxy that is not there, or is no address: %s', async (scheme) => {
    const gone = await ProxyServer.start(1);
    await gone.stop();
    const name = `${scheme}_proxy`;
    const url = `${scheme}://cache.example.org/`;
    expect(await failure({ [name]: gone.url }, url)).toEqual([
      'transient',
      `the proxy ${gone.url} can’t be used: nothing is listening there (ECONNREFUSED)`,
      undefined,
    ]);
    expect((await failure({ [name]: 'http://me:secret@p:x' }, url)).slice(0, 2)).toEqual([
      'denied',
      `${name} is not the address of an HTTP proxy`,
    ]);
  });
});
