#!/usr/bin/env node
// What `spikeline` starts.
import { loadProgram } from './program.js';

const program = loadProgram(__dirname);
void program.main(process.argv).then((code) => {
  process.exitCode = code;
  program.keep();
  // Nothing is waited for any more: to let the garbage collector come to the end of what it has begun would take a tenth
  // of a short run.
  process.exit();
});
