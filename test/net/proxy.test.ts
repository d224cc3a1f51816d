import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proxyOf } from '../../src/net/proxy.js';

const at = (url: string, env: Readonly<Record<string, string>>) => proxyOf(new URL(url), env)?.href;

describe('proxyOf', () => {
  it('takes the variable of the scheme, small letters first; empty is none', () => {
    const env = { HTTPS_PROXY: 'http://s.example:1', HTTP_PROXY: 'http://p.example:2' };
    expect(at('https://x.example/', env)).toBe('http://s.example:1/');
    expect(at('http://x.example/', env)).toBe('http://p.example:2/');
    expect(at('https://x.example/', { ...env, https_proxy: 'http://small.example:3' })).toBe('http://small.example:3/');
    expect(at('https://x.example/', { HTTPS_PROXY: ' ', http_proxy: '' })).toBeUndefined();
    expect(at('https://x.example/', {})).toBeUndefined();
  });

  it('takes the one for all where the scheme has none, and that one first for it, in any letters', () => {
    const env = { ALL_PROXY: 'http://all.example:1', HTTPS_PROXY: 'http://s.example:2' };
    expect(at('https://x.example/', env)).toBe('http://s.example:2/');
    expect(at('http://x.example/', env)).toBe('http://all.example:1/');
    expect(at('http://x.example/', { ...env, all_proxy: 'small.example:3' })).toBe('http://small.example:3/');
    expect(at('https://x.example/', { ...env, all_proxy: 'small.example:3' })).toBe('http://s.example:2/');
    expect(at('https://x.example/', { ALL_PROXY: env.ALL_PROXY, https_proxy: ' ' })).toBe('http://all.example:1/');
    expect(at('https://x.example/', { ...env, NO_PROXY: '.example' })).toBeUndefined();
  });

  it('needs no http://, as with curl', () => {
    expect(at('https://x.example/', { HTTPS_PROXY: 'proxy.example:3128' })).toBe('http://proxy.example:3128/');
    expect(at('https://x.example/', { HTTPS_PROXY: 'me:pass@proxy.example:3128' })).toBe(
      'http://me:pass@proxy.example:3128/',
    );
  });

  it.each([
    'https://localhost:8080/',
    'http://127.0.0.1/',
    'http://127.9.9.9/',
    'http://[::1]:9/',
    'http://a.localhost./',
  ])('leaves this machine alone: %s', (url) =>
    expect(at(url, { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://p:1' })).toBeUndefined(),
  );

  it.each([
    ['*', true],
    ['x.example', true],
    ['.x.example', true],
    ['*.x.example', true],
    ['example', true],
    ['EXAMPLE.', true],
    ['a.example, x.example:443', true],
    ['a.example x.example', true],
    ['.x.example:443', true],
    ['.x.example:8443', false],
    ['cache.x.example:443', true],
    ['*:443', false],
    ['a.example, *', true],
    ['x.example:8443', false],
    ['other-x.example', false],
    ['x.example.org', false],
    ['ample', false],
    [',,', false],
  ])('NO_PROXY=%s for https://cache.x.example/: %s', (list, isExempt) => {
    const env = { HTTPS_PROXY: 'http://p:1' };
    expect(at('https://cache.x.example/', { ...env, NO_PROXY: list }) === undefined).toBe(isExempt);
    expect(at('https://cache.x.example/', { ...env, no_proxy: list, NO_PROXY: '*' }) === undefined).toBe(isExempt);
  });

  it.each([
    ['http://10.1.2.3/', '10.0.0.0/8', true],
    ['http://10.1.2.3/', '10.1.2.3', true],
    ['http://10.1.2.3:81/', '10.1.2.3:80', false],
    ['http://10.1.2.3/', '2.3', false],
    ['http://11.1.2.3/', '10.0.0.0/8', false],
    ['http://11.1.2.3/', '10.0.0.0/99', false],
    ['http://[fd00::7]/', 'fd00::/8', true],
    ['http://[fd00::7]/', 'fd00::7', true],
    ['http://[fd00::7]:80/', '[fd00::7]:80', true],
    ['http://[fd00::7]/', '10.0.0.0/8', false],
    ['http://x.example/', '10.0.0.0/8', false],
  ])('addresses: %s with NO_PROXY=%s: %s', (url, list, isExempt) => {
    expect(at(url, { HTTP_PROXY: 'http://p:1', NO_PROXY: list }) === undefined).toBe(isExempt);
  });

  it('says which variable is wrong, and not what it holds', () => {
    for (const wrong of ['http://', 'http://me:secret@', 'http://me:secret@p:port', 'a b'])
      expect(() => at('https://x.example/', { HTTPS_PROXY: wrong })).toThrow(
        /^HTTPS_PROXY is not the address of an HTTP proxy$/,
      );
  });

  it.each(['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'])(
    'says what to do where %s is of another kind',
    (name) => {
      for (const kind of ['socks5', 'socks5h', 'socks4', 'socks', 'SOCKS5', 'ftp']) {
        const env = { [name]: `${kind}://me:secret@p:1080` };
        const hint =
          'Set HTTPS_PROXY=http://HOST:PORT (many SOCKS proxies speak HTTP, too), or NO_PROXY=* to go without a proxy.';
        expect(() => at('https://x.example/', env)).toThrow(
          expect.objectContaining({
            kind: 'denied',
            message: `${name} names a proxy of the kind ${kind.toLowerCase()}://, and only http:// and https:// ones can be used`,
            hint,
          }),
        );
        // Nobody needs it there.
        expect(at('http://localhost/', env)).toBeUndefined();
        expect(at('https://x.example/', { ...env, NO_PROXY: '*' })).toBeUndefined();
      }
    },
  );

  it('never fails for what NO_PROXY holds', () => {
    fc.assert(
      fc.property(fc.string(), (list) => {
        at('http://10.1.2.3/', { http_proxy: 'http://p:1', no_proxy: list });
        at('http://[fd00::7]/', { http_proxy: 'http://p:1', no_proxy: `${list}/8` });
      }),
    );
  });
});
