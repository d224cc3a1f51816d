// Loads TensorFlow in a process of its own, and says on standard output what it found: the library is large, and one
// that was built for another processor ends the process that loads it.
import { tellProbe } from '../probe.js';
import { loadLibrary } from './library.js';

await tellProbe(() => loadLibrary().about);
