import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { CacheFile } from '../../../src/store/remote/cache-schema.js';
import { remoteSettings } from '../../../src/store/remote/settings.js';

const settings = (
  { user, pipeline }: { user?: CacheFile & { trusted?: readonly string[] }; pipeline?: CacheFile },
  env: Readonly<Record<string, string>> = {},
) =>
  remoteSettings(
    [
      { section: user, folder: '/home/user/.config/spikeline', own: true },
      { section: pipeline, folder: '/project/pipelines' },
    ],
    env,
  );

describe('remoteSettings', () => {
  it('are none where nobody names a remote', () => {
    expect(settings({})).toBeUndefined();
    expect(
      settings({ user: { readOnly: true }, pipeline: { timeout: 5 } }, { SPIKELINE_REMOTE_TOKEN: 't' }),
    ).toBeUndefined();
  });

  it('come from the environment before the user, and from the user before the pipeline', () => {
    const pipeline = { remote: 'https://p.example/' };
    const user = { remote: 'https://u.example/' };
    expect(settings({ pipeline })).toMatchObject({ name: 'https://p.example/', readOnly: false, silenceMs: 15_000 });
    expect(settings({ pipeline, user })).toMatchObject({ name: 'https://u.example/' });
    expect(settings({ pipeline, user }, { SPIKELINE_REMOTE: 'https://e.example/cache' })).toMatchObject({
      place: { url: 'https://e.example/cache/' },
    });
    expect(settings({ pipeline, user }, { SPIKELINE_REMOTE: '' })).toBeUndefined();
  });

  it('take what is said beside the remote, or by those who come before', () => {
    const pipeline = { remote: 'https://p.example/', readOnly: true, timeout: '1min' };
    expect(settings({ pipeline })).toMatchObject({ readOnly: true, silenceMs: 60_000 });
    expect(settings({ pipeline }, { SPIKELINE_REMOTE_READONLY: '0', SPIKELINE_REMOTE_TIMEOUT: '5' })).toMatchObject({
      readOnly: false,
      silenceMs: 5000,
    });
    expect(settings({ pipeline, user: { remote: 'https://u.example/' } })).toMatchObject({
      readOnly: false,
      silenceMs: 15_000,
    });
    expect(settings({ pipeline, user: { readOnly: false } })).toMatchObject({ readOnly: false });
    expect(
      settings({ pipeline: { remote: 'https://p.example/' } }, { SPIKELINE_REMOTE_READONLY: 'true' }),
    ).toMatchObject({
      readOnly: true,
    });
  });

  it.each([
    ['file:/shared/cache', '/shared/cache'],
    ['file:///shared/cache', '/shared/cache'],
    ['file:../cache', '/project/cache'],
    ['file:~/cache', `${homedir()}/cache`],
  ])('know folders: %s', (remote, folder) => {
    expect(settings({ pipeline: { remote } })).toMatchObject({ place: { folder }, name: folder });
  });

  it('take credentials from the environment alone, for a remote of the user', () => {
    const user = { remote: 'https://p.example/' };
    expect(settings({ user })?.authorization).toBeUndefined();
    expect(settings({ user }, { SPIKELINE_REMOTE_TOKEN: 'abc\n' })?.authorization).toBe('Bearer abc');
    const basic = settings({ user }, { SPIKELINE_REMOTE_USER: 'u', SPIKELINE_REMOTE_PASSWORD: 'p:q' });
    expect(basic?.authorization).toBe(`Basic ${Buffer.from('u:p:q').toString('base64')}`);
    // CI systems set what is missing to nothing.
    const nothing = { SPIKELINE_REMOTE_TOKEN: '', SPIKELINE_REMOTE_USER: '', SPIKELINE_REMOTE_READONLY: '' };
    expect(settings({ user }, nothing)?.authorization).toBeUndefined();
    expect(settings({ user }, { SPIKELINE_REMOTE_TOKEN: '\n' })?.authorization).toBeUndefined();
  });

  it.each(['a\nb', 'a\r\nx-more: b', 'a\u2026', 'a\0'])('refuse a token that no header can hold: %j', (token) => {
    const user = { remote: 'https://p.example/' };
    expect(() => settings({ user }, { SPIKELINE_REMOTE_TOKEN: token })).toThrow(
      /^SPIKELINE_REMOTE_TOKEN holds a character that no token can have, such as a line break\.$/,
    );
  });

  it('give no credentials to a remote that only the pipeline names, unless the user trusts it', () => {
    const pipeline = { remote: 'https://p.example/cache' };
    const token = { SPIKELINE_REMOTE_TOKEN: 'abc' };
    expect(settings({ pipeline }, token)).toMatchObject({
      caution: {
        message:
          'No credentials are sent to the remote cache https://p.example/cache/, which only the pipeline file names.',
        hint:
          'Do you trust it? Then write cache: { trusted: [https://p.example] } to ~/.config/spikeline/config.yaml, ' +
          'or set SPIKELINE_REMOTE=https://p.example/cache/.',
      },
    });
    expect(settings({ pipeline }, token)?.authorization).toBeUndefined();
    const basic = { SPIKELINE_REMOTE_USER: 'u', SPIKELINE_REMOTE_PASSWORD: 'p' };
    expect(settings({ pipeline }, basic)?.authorization).toBeUndefined();
    const own = settings({ pipeline }, { ...token, SPIKELINE_REMOTE: 'https://p.example/cache' });
    expect([own?.authorization, own?.caution]).toEqual(['Bearer abc', undefined]);
    for (const trusted of ['https://p.example', 'https://P.example:443/'])
      expect(settings({ pipeline, user: { trusted: [trusted] } }, token)?.authorization).toBe('Bearer abc');
    for (const trusted of ['https://p.example:8443', 'http://p.example', 'https://sub.p.example', 'https://example'])
      expect(settings({ pipeline, user: { trusted: [trusted] } }, token)?.authorization).toBeUndefined();
    // Whoever writes the pipeline does not decide whom the user trusts.
    const claimed = { ...pipeline, trusted: ['https://p.example'] } as CacheFile;
    expect(settings({ pipeline: claimed }, token)?.authorization).toBeUndefined();
  });

  it('warn of credentials that go unencrypted, but not within this machine', () => {
    const token = { SPIKELINE_REMOTE_TOKEN: 'abc' };
    expect(settings({ user: { remote: 'http://u.example/' } }, token)).toMatchObject({
      authorization: 'Bearer abc',
      caution: {
        message:
          'Credentials are sent to the remote cache http://u.example/ unencrypted, so anyone on the way can read them.',
      },
    });
    for (const remote of ['http://localhost:8080/', 'http://127.0.0.1/', 'http://[::1]:1/'])
      expect(settings({ user: { remote } }, token)?.caution).toBeUndefined();
    expect(settings({ user: { remote: 'http://u.example/' } })?.caution).toBeUndefined();
  });

  it('have a key to sign with, or none; an empty one is an error', () => {
    const user = { remote: 'https://u.example/' };
    expect(settings({ user })?.signingKey).toBeUndefined();
    expect(settings({ user }, { SPIKELINE_REMOTE_SIGNING_KEY: 'k e y\n' })?.signingKey).toBe('k e y');
    for (const key of ['', ' ', '\n', '\t\r\n'])
      expect(() => settings({ user }, { SPIKELINE_REMOTE_SIGNING_KEY: key })).toThrow(
        'SPIKELINE_REMOTE_SIGNING_KEY is set, and empty.',
      );
    // Where nothing is shared, nothing is signed.
    expect(settings({}, { SPIKELINE_REMOTE_SIGNING_KEY: '' })).toBeUndefined();
  });

  it('insist on a key where anybody does: a pipeline asks for more, never for less', () => {
    const [remote, strict, loose] = [
      { remote: 'https://u.example/' },
      { requireSigned: true },
      { requireSigned: false },
    ];
    for (const who of [
      { user: { ...remote, ...strict }, pipeline: loose },
      { user: { ...remote, ...loose }, pipeline: strict },
      { user: strict, pipeline: { ...remote, ...loose } },
      { pipeline: { ...remote, ...strict } },
    ]) {
      expect(() => settings(who)).toThrow('`requireSigned` needs SPIKELINE_REMOTE_SIGNING_KEY.');
      expect(settings(who, { SPIKELINE_REMOTE_SIGNING_KEY: 'k' })?.signingKey).toBe('k');
    }
    expect(settings({ user: { ...remote, ...loose } })).toBeDefined();
  });

  it.each([
    [{ SPIKELINE_REMOTE: '/shared/cache' }, 'SPIKELINE_REMOTE must be an address such as'],
    [{ SPIKELINE_REMOTE: 'file://shared/cache' }, 'SPIKELINE_REMOTE must be an address such as'],
    [{ SPIKELINE_REMOTE: 'ftp://x.example/' }, 'SPIKELINE_REMOTE must be an address such as'],
    [{ SPIKELINE_REMOTE: 'https://me:secret@x.example/' }, 'without credentials'],
    [{ SPIKELINE_REMOTE_READONLY: 'perhaps' }, 'SPIKELINE_REMOTE_READONLY must be 1 or 0, not perhaps.'],
    [{ SPIKELINE_REMOTE_TIMEOUT: 'soon' }, 'SPIKELINE_REMOTE_TIMEOUT must be a time such as 30s, not soon.'],
  ])('say what is wrong with the environment: %j', (env, message) => {
    let said = '';
    try {
      settings({}, env);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toContain(message);
    expect(said).not.toContain('secret');
  });
});
