// Loads TensorFlow in a process of its own, and says on standard output what it found: the library is large, and one
// that was built for another processor ends the process that loads it.
import { UserError } from '../../error.js';
import { loadLibrary } from './library.js';

try {
  console.log(JSON.stringify({ about: loadLibrary().about }));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  const { code, message, hint } = error;
  console.log(JSON.stringify({ code, message, hint }));
}
