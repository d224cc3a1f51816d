import { chmodSync } from 'node:fs';
import type { Sandbox } from './program.js';

/** A pipeline with names that shells have to quote, and that some take for several words. */
export const pipeline = `name: p
axes: { size: [small, "very large", "a:b"], noise: [0, 0.5] }
params: { epochs: 1 }
profiles: { smoke: { epochs: 1 }, "two words": { epochs: 2 }, "x:y": { epochs: 3 } }
stages:
  data: { run: 'true' }
  train: { run: 'true \${{ size }} \${{ noise }}', over: [size, noise] }
`;

/** A folder with a pipeline, others, and the program as npm links it. */
export function prepare(box: Sandbox): void {
  box.write('p.yaml', pipeline);
  box.write('my pipe:line.yaml', pipeline);
  box.write('sub/other.yml', 'name: other\n');
  box.write('notes.txt', '');
  box.write('node_modules/.bin/spikeline', `#!/bin/sh\nexec '${process.execPath}' '${box.program}' "$@"\n`);
  chmodSync(box.path('node_modules/.bin/spikeline'), 0o755);
}
