import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { packageRoot } from '../../src/paths.js';
import { call } from './call.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the package as it is published. */
    readonly tarball: string;
  }
}

/** Packs once for all tests of the package: its types take most of a minute to make. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'spikeline-tarball-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const { status, stdout, stderr } = call(['npm', 'pack', '--silent', '--pack-destination', folder], packageRoot);
  if (status !== 0) {
    remove();
    throw new Error(`npm pack: ${stdout}${stderr}`);
  }
  project.provide('tarball', join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz'))!));
  return remove;
}
