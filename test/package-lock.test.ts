import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../src/paths.js';

interface Entry {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
}

const lock = JSON.parse(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Entry>>;
};
const entries = Object.entries(lock.packages).filter(([path]) => path !== '');

it('pins the bytes of every package, those for other systems too', () => {
  const loose = entries.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''));
  expect([entries.length > 300, loose.map(([path]) => path)]).toEqual([true, []]);
});

it('names no host, so that everybody installs from the registry of their own', () => {
  const hosts = entries.filter(([, { resolved, link }]) => resolved !== undefined || link === true);
  expect(hosts).toEqual([]);
});
