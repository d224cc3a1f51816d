import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../../error.js';
import { buildFolder } from '../../paths.js';
import type { LibraryDescription } from './library.js';

let known: Promise<LibraryDescription> | undefined;

/**
 * Which TensorFlow there is, found out in another process and once.
 * @throws {UserError} E_ENGINE when there is none, or it doesn't load
 */
export function describeLibrary(): Promise<LibraryDescription> {
  known ??= probe();
  return known;
}

/** `TensorFlow 2.9.1 on the CPU (@tensorflow/tfjs-node 4.22.0)` */
export function libraryText({ package: name, version, tensorflow, device }: LibraryDescription): string {
  return `TensorFlow ${tensorflow} on the ${device} (${name} ${version})`;
}

async function probe(): Promise<LibraryDescription> {
  const program = join(buildFolder, 'tensorflow-probe.js');
  const { stdout } = await promisify(execFile)(process.execPath, [program]).catch((error: unknown) => {
    const { signal, stderr = '' } = error as { signal?: string | null; stderr?: string };
    const end = signal ? `by ${signal}` : `with ${stderr.trim().split('\n').at(-1) ?? 'an error'}`;
    throw new UserError(
      'E_ENGINE',
      `TensorFlow's library can't be used on this machine: it ended the process that loaded it ${end}.`,
      'SIGILL means that the processor lacks what the library was built for, such as AVX. Or leave out --engine.',
    );
  });
  // TensorFlow may write lines of its own.
  const answer = JSON.parse(stdout.trim().split('\n').at(-1)!) as
    | { readonly about: LibraryDescription }
    | { readonly code: string; readonly message: string; readonly hint?: string };
  if ('about' in answer) return answer.about;
  throw new UserError(answer.code, answer.message, answer.hint);
}
