import { expect, it } from 'vitest';
import { holdsSecrets } from '../../../src/cli/publish/sources.js';

it.each(['.env', 'a/.env.local', 'prod.env', '.netrc', '.NPMRC', 'id_ed25519', 'tls/host.PEM', 'secrets.yaml'])(
  '%s is nothing to be published',
  (path) => {
    expect(holdsSecrets(path)).toBe(true);
  },
);

it.each(['.env.example', 'id_rsa.pub', 'environment.yml', 'keys.csv', 'secret_sharing.py', 'key', 'monkey.txt'])(
  '%s is',
  (path) => {
    expect(holdsSecrets(path)).toBe(false);
  },
);
