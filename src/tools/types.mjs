// Writes the types of what users import, with what they use of TypeBox's, into one file: npm packs it.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { builds, root } from './build/files.mjs';

const generator = createRequire(import.meta.url).resolve('dts-bundle-generator/dist/bin/dts-bundle-generator.js');
const options = ['--silent', '--no-banner', '--export-referenced-types=false', '--external-inlines=@sinclair/typebox'];
const output = join(builds, 'index.d.ts');
execFileSync(
  process.execPath,
  [generator, ...options, '--project', join(root, 'tsconfig.json'), '--out-file', output, join(root, 'src/index.ts')],
  { cwd: root, stdio: 'inherit' },
);
