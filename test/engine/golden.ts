// Prints the hashes of all that `fingerprint` computes, so that other versions of Node and other compilers of V8 can be
// held to them: node .build/dev/golden.js optimised|liftoff [case …]
import { setFlagsFromString } from 'node:v8';
import { useFlags } from '../../src/engine/wasm/compiler/flags.js';
import { cases, fingerprint, livelyParameters } from './fingerprint.js';

const [, , chosen, ...names] = process.argv;
if (chosen === 'liftoff') {
  setFlagsFromString('--liftoff-only');
  useFlags([]);
}
const hashes: Record<string, string> = {};
for (const [name, { network, gradients }] of Object.entries(cases)) {
  if (names.length > 0 && !names.includes(name)) continue;
  hashes[name] = await fingerprint(network, await livelyParameters(network), 2, gradients);
}
console.log(JSON.stringify(hashes));
