// Loads WebGPU in a process of its own, and says on standard output what it found: a driver that fails ends the process
// that loads it.
import { tellProbe } from '../probe.js';
import { loadLibrary } from './library.js';

await tellProbe(async () => (await loadLibrary()).about);
// Dawn's threads would keep the process.
process.exit();
