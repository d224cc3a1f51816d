// Compares a library of native kernels with WebAssembly's, call by call, and prints the name of the level that it was compiled
// for. A process of its own: code that a compiler got wrong may end it.
import type { Kernel } from '../descriptor.js';
import { type Description, descriptions, names } from '../kernels/description.mjs';
import { useNative } from './choice.js';
import { comparedKernels } from './comparison.js';
import { levels } from './level.js';
import { loadLibrary, openLibrary } from './library.js';
import { matrixTrial, runTrials } from './trials.js';

const [library, name] = process.argv.slice(2);
const level = Object.values(levels)
  .flat()
  .find((one) => one.name === name);
if (level === undefined) throw new Error(`no level ${name}`);
if (level.matrices && !loadLibrary(library!).matrices) throw new Error('the system grants no tiles for matrices');
useNative({ library: library!, level, comparing: true });
await runTrials(undefined, level.matrices ? [matrixTrial] : []);
/** They are compared with those that call them. */
const inner = Object.values<Description>(descriptions).flatMap((one) => (one.inner ? names(one.kernels) : []));
const all = Object.keys(openLibrary(library!, new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })));
const missed = all.filter((kernel) => !comparedKernels.has(kernel as Kernel) && !inner.includes(kernel));
if (missed.length > 0) throw new Error(`nothing was compared of ${missed.join(', ')}`);
console.log(name);
