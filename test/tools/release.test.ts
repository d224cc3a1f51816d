import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { packageRoot } from '../../src/paths.js';

function release(about: object) {
  const cwd = mkdtempSync(join(tmpdir(), 'spikeline-release-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'package.json'), JSON.stringify(about));
  const { status, stderr } = spawnSync(process.execPath, [join(packageRoot, 'src/tools/release.mjs')], { cwd });
  return [status, stderr.toString()];
}

it('has no package published that does not say where it comes from', () => {
  expect(release({ homepage: 'https://example.org' })).toEqual([
    1,
    'package.json has no repository, which npm shows beside the package.\n  hint: npm pkg set repository=https://…\n',
  ]);
  expect(release({ homepage: 'https://example.org', repository: 'github:me/it' })).toEqual([0, '']);
  const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  expect(scripts.prepublishOnly).toBe('node src/tools/release.mjs');
});
