import type { Sandbox } from './program.js';

/** A project with all kinds of things that a crate can hold. */
export function writeProject(box: Sandbox): void {
  box.write('package.json', '{ "private": true, "type": "module", "license": "MIT" }');
  box.write('LICENSE', 'MIT License\n');
  box.write(
    'CITATION.cff',
    'cff-version: 1.2.0\ntitle: T\nmessage: m\nauthors:\n' +
      '  - { family-names: Zou, given-names: C., orcid: "https://orcid.org/0000-0002-1825-0097" }\n  - { name: A Lab }\n',
  );
  box.write('pipelines/base.yaml', 'params: { throws: 3, note: "a, b" }\n');
  box.write(
    'pipelines/part.yaml',
    'name: part\nstages: { one: { run: "echo 1 > ${{ outputs.x }}", outputs: { x: x.txt } } }\n',
  );
  box.write(
    'pipelines/p.yaml',
    `name: p
description: Throws.
extends: base.yaml
include: { part: part.yaml }
axes: { n: [1, 2] }
stages:
  add: { uses: ../stages/add.ts, over: [n], inputs: { data: { file: ../data } }, with: { n: "\${{ n }}" } }
  list:
    run: [node, list.mjs, "\${{ inputs.all }}", "\${{ outputs.folder }}", "\${{ outputs.big }}", "\${{ outputs.metrics }}"]
    inputs: { all: add }
    outputs: { folder: lists, big: big.bin, metrics: metrics.json }
expect: [{ stage: list, metric: throws, value: 3, tolerance: 0 }]
`,
  );
  box.write('data/a b.txt', 'a');
  box.write('data/deep/b.txt', 'b');
  box.write('stages/half.ts', 'export const half = (x: number): number => x / 2;\n');
  box.write(
    'stages/add.ts',
    `import { readdirSync, writeFileSync } from 'node:fs';
import { half } from './half.ts';
export default {
  name: 'add', summary: 'adds',
  parameters: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
  inputs: { data: { description: 'd' } }, outputs: { sum: { description: 's', path: 'sum.txt' } },
  run({ parameters, inputs, outputs }) {
    const sum = half(parameters.n) + readdirSync(inputs.data.path).length;
    writeFileSync(outputs.sum, String(sum));
    return Promise.resolve({ sum });
  },
};
`,
  );
  box.write(
    'pipelines/list.mjs',
    `import { mkdirSync, writeFileSync } from 'node:fs';
const [folder, big, metrics] = process.argv.slice(-3);
mkdirSync(folder);
writeFileSync(folder + '/list.csv', 'a,b\\n');
writeFileSync(big, Buffer.alloc(3000));
writeFileSync(metrics, JSON.stringify({ throws: 3 }));
`,
  );
}
