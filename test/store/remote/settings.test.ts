import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { CacheFile } from '../../../src/pipeline/cache.js';
import { remoteSettings } from '../../../src/store/remote/settings.js';

const settings = (
  { user, pipeline }: { user?: CacheFile; pipeline?: CacheFile },
  env: Readonly<Record<string, string>> = {},
) =>
  remoteSettings(
    [
      { section: user, folder: '/home/user/.config/spikeline' },
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

  it('take credentials from the environment alone', () => {
    const pipeline = { remote: 'https://p.example/' };
    expect(settings({ pipeline })?.authorization).toBeUndefined();
    expect(settings({ pipeline }, { SPIKELINE_REMOTE_TOKEN: 'abc\n' })?.authorization).toBe('Bearer abc');
    const basic = settings({ pipeline }, { SPIKELINE_REMOTE_USER: 'u', SPIKELINE_REMOTE_PASSWORD: 'p:q' });
    expect(basic?.authorization).toBe(`Basic ${Buffer.from('u:p:q').toString('base64')}`);
    // CI systems set what is missing to nothing.
    const nothing = { SPIKELINE_REMOTE_TOKEN: '', SPIKELINE_REMOTE_USER: '', SPIKELINE_REMOTE_READONLY: '' };
    expect(settings({ pipeline }, nothing)?.authorization).toBeUndefined();
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
