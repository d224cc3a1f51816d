#!/usr/bin/env node
// What `spikeline` starts.
import { loadProgram } from './program.js';

// `spikeline status | head`: nobody reads on, which is no mistake.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
const program = loadProgram(__dirname);
void program.main(process.argv).then((code) => {
  process.exitCode = code;
  if (!program.cached) program.keep();
  // What is written goes out first. Then nothing is waited for any more: to let the garbage collector come to the end of
  // what it has begun would take a tenth of a short run.
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
});
