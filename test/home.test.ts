import { afterEach, describe, expect, it, vi } from 'vitest';
import { homeFolder } from '../src/home.js';

describe.skipIf(process.platform === 'win32')("the user's own folder", () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('is HOME', () => {
    vi.stubEnv('HOME', '/home/me');
    expect(homeFolder()).toBe('/home/me');
  });

  it.each(['', '.', 'home'])('is / if HOME is "%s", so that settings never come from the working folder', (home) => {
    vi.stubEnv('HOME', home);
    expect(homeFolder()).toBe('/');
  });
});
