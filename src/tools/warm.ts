// Runs the built command line through a small pipeline, so that V8 has compiled what most runs need, and keeps that.
// argv: the folder of the built program.
import { rmSync, writeFileSync } from 'node:fs';
import { loadProgram } from '../cli/program.js';

const pipeline = `name: warm
axes: { i: [1, 2, 3] }
stages:
  first: { run: 'echo 1 > \${{ outputs.out }}', outputs: { out: out.txt } }
  each:
    over: [i]
    run: 'cat \${{ inputs.first }} > \${{ outputs.out }}'
    inputs: { first: first, file: { file: warm.yaml } }
    outputs: { out: out.txt }
  last: { run: 'echo \${{ inputs.all }} > \${{ outputs.out }}', inputs: { all: each }, outputs: { out: out.txt } }
`;

writeFileSync('warm.yaml', pipeline);
const program = loadProgram(process.argv[2]!);
const call = (...args: readonly string[]) => program.main([process.execPath, 'spikeline', ...args]);
const run = async () => {
  // First with nothing cached, then with everything, then with results to put back.
  for (const gone of [undefined, undefined, 'artifacts']) {
    if (gone !== undefined) rmSync(gone, { recursive: true, force: true });
    if ((await call('run', 'warm.yaml')) !== 0) return 1;
  }
  for (const command of ['validate', 'plan', 'status']) await call(command, 'warm.yaml');
  program.keep();
  return 0;
};
void run().then((code) => process.exit(code));
