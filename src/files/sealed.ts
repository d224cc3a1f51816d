// What programs of ours note for one another lies where disks fail, and where others write. With a checksum before it a
// damaged note is none, so that nobody who reads one has to ask of each of its values whether it can be.
import { digestBytes } from './digest.js';
import { readRegularFile } from './regular-file.js';

/** The text of a file, with its checksum in a line before it. */
export function sealed(content: string): string {
  return `${digestBytes(content)}\n${content}`;
}

/** What was sealed; undefined if nothing is there that can be read, or if it is damaged. */
export function readSealed(path: string): string | undefined {
  try {
    const text = readRegularFile(path).toString();
    const end = text.indexOf('\n');
    const content = text.slice(end + 1);
    return end > 0 && text.slice(0, end) === digestBytes(content) ? content : undefined;
  } catch {
    return undefined;
  }
}
