import { UserError } from '../../error.js';
import { askProbe } from '../probe.js';
import type { LibraryDescription } from './library.js';

let known: Promise<LibraryDescription> | undefined;

/**
 * Which TensorFlow there is, found out in another process and once.
 * @throws {UserError} E_ENGINE when there is none, or it doesn't load
 */
export function describeLibrary(): Promise<LibraryDescription> {
  known ??= askProbe(
    'tensorflow-probe.js',
    (end) =>
      new UserError(
        'E_ENGINE',
        `TensorFlow's library can't be used on this machine: it ended the process that loaded it ${end}.`,
        'SIGILL means that the processor lacks what the library was built for, such as AVX. Or leave out --engine.',
      ),
  );
  return known;
}

/** `TensorFlow 2.9.1 on the CPU (@tensorflow/tfjs-node 4.22.0)` */
export function libraryText({ package: name, version, tensorflow, device }: LibraryDescription): string {
  return `TensorFlow ${tensorflow} on the ${device} (${name} ${version})`;
}
