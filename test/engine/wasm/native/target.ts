import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { findTarget, type Target } from '../../../../src/engine/wasm/native/build.js';
import { testFolder, writeFiles } from '../../../store/folder.js';

/** The target that a script in the place of a compiler makes. */
export function targetBy(script: string): Target {
  const folder = writeFiles(testFolder(), { 'compiler.sh': `#!/bin/sh\n${script}\n` });
  chmodSync(join(folder, 'compiler.sh'), 0o755);
  vi.stubEnv('SPIKELINE_CC', join(folder, 'compiler.sh'));
  const target = findTarget();
  if ('missing' in target) throw new Error(target.missing);
  return target;
}
