// Prints the hashes of all that `fingerprint` computes, so that other versions of Node, other compilers of V8 and native kernels
// can be held to them, and of the small networks that have each kernel called:
// node .build/dev/golden.js optimised|liftoff|LIBRARY [case|trials …]
//
// SPIKELINE_TEST_LIVELY names a file that `writeLively` has written, of what needn't be drawn again.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { deserialize, setFlagsFromString } from 'node:v8';
import { useFlags } from '../../src/engine/wasm/compiler/flags.js';
import { useNative } from '../../src/engine/wasm/native/choice.js';
import { levels } from '../../src/engine/wasm/native/level.js';
import { cases, fingerprint, fingerprintOfTrials, livelyParameters } from './fingerprint.js';

const [, , chosen, ...names] = process.argv;
if (chosen === 'liftoff') {
  setFlagsFromString('--liftoff-only');
  useFlags([]);
} else if (chosen !== undefined && chosen !== 'optimised') {
  // An emulated processor can't start the process that tries flags; and without any V8 compiles what little is used, as it is used.
  useFlags([]);
  // A library's name begins with what it was compiled for.
  const level = Object.values(levels)
    .flat()
    .find(({ name }) => basename(chosen).startsWith(`${name}-`))!;
  useNative({ library: chosen, level });
}
const file = process.env.SPIKELINE_TEST_LIVELY;
const drawn =
  file === undefined ? undefined : (deserialize(readFileSync(file)) as Map<string, ReadonlyMap<string, Float32Array>>);
const hashes: Record<string, string> = {};
for (const [name, { network, gradients }] of Object.entries(cases)) {
  if (names.length > 0 && !names.includes(name)) continue;
  hashes[name] = await fingerprint(network, drawn?.get(name) ?? (await livelyParameters(network)), 2, gradients);
}
if (names.length === 0 || names.includes('trials')) hashes.trials = await fingerprintOfTrials();
console.log(JSON.stringify(hashes));
