#!/usr/bin/env node
// What `spikeline` starts.
import { nodeProblem } from '../node-range.js';
import { loadProgram } from './program.js';

const problem = nodeProblem(process.versions.node);
if (problem !== undefined && process.argv[2] !== 'doctor') {
  // Before anything is loaded that such a Node can't read.
  console.error(`${problem}; this is ${process.version}.`);
  console.error(
    '  hint: Install one of them, for example with `nvm install 22`. `spikeline doctor` says what else is missing.',
  );
  process.exit(2);
}

const flag = refusedFlag();
if (flag !== undefined) {
  console.error(`Node was started with ${flag}, which Spikeline does not run with.`);
  console.error('  hint: Take it out of NODE_OPTIONS.');
  process.exit(2);
}

/** What Node was started with that nothing runs with. */
function refusedFlag(): string | undefined {
  // Libraries give promises methods of their own, by descriptors that frozen ones do not have.
  if (Object.isFrozen(Promise.prototype)) return '--frozen-intrinsics';
  try {
    // Schemas are compiled, as by the library that validates.
    new Function('');
    return undefined;
  } catch {
    return '--disallow-code-generation-from-strings';
  }
}

const program = loadProgram(__dirname);
void program.main(process.argv).then((code) => {
  process.exitCode = code;
  program.keep();
  // Nothing is waited for any more: to let the garbage collector come to the end of what it has begun would take a tenth
  // of a short run.
  process.exit();
});
