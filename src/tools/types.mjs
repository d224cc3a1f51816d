// Writes the types of what users import, with what they use of TypeBox's, into one file: npm packs it.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { builds, root } from './build/files.mjs';

const generator = createRequire(import.meta.url).resolve('dts-bundle-generator/dist/bin/dts-bundle-generator.js');
const options = ['--silent', '--no-banner', '--export-referenced-types=false', '--external-inlines=@sinclair/typebox'];
const output = join(builds, 'index.d.ts');

// Of a copy of the sources, in which what the API loads when it is called has no types: it would be all of the program.
const copy = join(builds, `types-${process.pid}`);
try {
  cpSync(join(root, 'src'), copy, { recursive: true });
  const actions = join(copy, 'api/actions.ts');
  const names = [...readFileSync(actions, 'utf8').matchAll(/^export (?:async )?function (\w+)/gm)];
  writeFileSync(actions, `export declare const ${names.map(([, name]) => `${name}: any`).join(', ')};\n`);
  // WebGPU's types need those of browsers, which are no part of it; and nothing of them is in the API. Lint checks the
  // sources, and the tests of the package what comes out.
  const project = join(copy, 'tsconfig.json');
  writeFileSync(
    project,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions: { types: ['node'], noCheck: true } }),
  );
  execFileSync(
    process.execPath,
    [generator, ...options, '--project', project, '--out-file', output, join(copy, 'index.ts')],
    { cwd: root, stdio: 'inherit' },
  );
} finally {
  rmSync(copy, { recursive: true, force: true });
}
