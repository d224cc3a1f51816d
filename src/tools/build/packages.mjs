// Packages that a build takes in: who installs Spikeline installs none of them.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './files.mjs';

/** Files that are taken as they are. */
const copied = [
  // Loads the compiler that is made for the machine. It says itself that it must not be bundled.
  { package: 'esbuild', file: 'lib/main.js', to: 'vendor/esbuild/lib/main.js' },
  { package: 'dejavu-fonts-ttf', file: 'ttf/DejaVuSans.ttf', to: 'fonts/DejaVuSans.ttf' },
  { package: 'dejavu-fonts-ttf', file: 'ttf/DejaVuSans-Bold.ttf', to: 'fonts/DejaVuSans-Bold.ttf' },
];

export function copyPackages(folder) {
  for (const { package: name, file, to } of copied) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    cpSync(join(root, 'node_modules', name, file), join(folder, to));
  }
  // Its code is CommonJS, in a package of modules.
  writeFileSync(join(folder, 'vendor/esbuild/package.json'), '{ "type": "commonjs" }\n');
}

/** What the kernels have of others. */
const kernelLicence = join(root, 'src/engine/wasm/kernels/LICENCE.txt');

/**
 * Writes what the packages' licences ask for: their texts go wherever the packages go.
 * @param metafiles what esbuild says of its bundles
 */
export function writeLicences(folder, metafiles) {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const bundled = inputs.flatMap((input) => /^(.*node_modules\/(@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []);
  const places = new Set([...bundled, ...copied.map(({ package: name }) => `node_modules/${name}`)]);
  const nodeHeaders = 'node_modules/node-api-headers';
  const parts = [...places, nodeHeaders].sort().map((place) => licenceOf(join(root, place)));
  parts.push(readFileSync(kernelLicence, 'utf8'));
  const head = 'Spikeline comes with these packages, each under its own licence.\n';
  writeFileSync(join(folder, 'LICENCES.txt'), [head, ...new Set(parts)].join(`\n${'-'.repeat(80)}\n\n`));
}

function licenceOf(place) {
  const { name, version, license } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
  const texts = readdirSync(place, { withFileTypes: true })
    .filter((entry) => /^(licen[cs]e|notice|copying)/i.test(entry.name))
    .flatMap((entry) =>
      entry.isFile() ? [entry.name] : readdirSync(join(place, entry.name)).map((name) => join(entry.name, name)),
    )
    .sort()
    .map((file) => readFileSync(join(place, file), 'utf8').trim());
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
}
