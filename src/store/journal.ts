import { closeSync, mkdirSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { inFolder, temporaryPath } from '../files/atomic.js';
import { readRegularFile } from '../files/regular-file.js';
import { openToAppend } from '../files/trust.js';

/** Lines beyond five for four names that a file may hold before it is written anew: every run reads all of them. */
const slack = 1000;
/** A CRC-32 in hexadecimal digits: it need not withstand more than accidents. */
const checksumLength = 8;

/**
 * A map from names to texts of one line, kept as lines appended to a file, the last line of a name being the one that
 * counts. It holds what can be found out again: a lost or torn line costs that work and no more. Each line has a
 * checksum, so that a damaged one is none.
 *
 * Several processes may append to one file. What others append after it was opened is not seen.
 */
export class Journal {
  /** Lines as they are in the file: most are never asked for, and a no-op run must not read ten thousand of them. */
  readonly #lines = new Map<string, string>();
  readonly #file: string;
  /** Opened with the first line that is written. */
  #descriptor: number | undefined;
  /** True if the file ends within a line: what came after it would be part of that. */
  #isTorn = false;

  /** @param temporary a folder on the same file system for drafts */
  constructor(file: string, temporary: string) {
    this.#file = file;
    let lines: string[];
    try {
      lines = readRegularFile(file).toString().split('\n');
    } catch {
      return;
    }
    this.#isTorn = lines.at(-1) !== '';
    for (const line of lines) {
      const end = line.indexOf('\t');
      if (end > 0) this.#lines.set(line.slice(0, end), line);
    }
    if (lines.length > 1.25 * this.#lines.size + slack) this.#compact(temporary);
  }

  /** The newest text of a name; undefined if there is none, or if it is damaged. */
  get(name: string): string | undefined {
    const encoded = encodeName(name);
    const line = this.#lines.get(encoded);
    if (line === undefined) return undefined;
    const end = line.length - checksumLength;
    // To compare numbers is faster than to write one out: a run asks for three lines a task.
    if (Number.parseInt(line.slice(end), 16) !== crc32(line.slice(0, end))) return undefined;
    return line.slice(encoded.length + 1, end);
  }

  /**
   * True if this is the newest text of a name. The checksum is not asked: a damaged line is another text, and to compare is
   * all that most tasks of a no-op run need.
   */
  holds(name: string, text: string): boolean {
    const encoded = encodeName(name);
    const line = this.#lines.get(encoded);
    return (
      line?.length === encoded.length + 1 + text.length + checksumLength && line.startsWith(text, encoded.length + 1)
    );
  }

  /** All names that there are lines of. */
  names(): string[] {
    return [...this.#lines.keys()].map(decodeName);
  }

  /** @param text without line breaks */
  set(name: string, text: string): void {
    const encoded = encodeName(name);
    const content = `${encoded}\t${text}`;
    const line = content + crc32(content).toString(16).padStart(checksumLength, '0');
    this.#lines.set(encoded, line);
    try {
      this.#descriptor ??= inFolder(dirname(this.#file), () => openToAppend(this.#file));
      writeSync(this.#descriptor, this.#isTorn ? `\n${line}\n` : `${line}\n`);
      this.#isTorn = false;
    } catch {
      // A store that can only be read still serves: what would be noted has to be found out again next time.
    }
  }

  /** Closes the file. It is opened anew with the next line that is written. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #compact(temporary: string): void {
    try {
      mkdirSync(temporary, { recursive: true });
      const draft = temporaryPath(temporary);
      writeFileSync(draft, `${[...this.#lines.values()].join('\n')}\n`, { flag: 'wx' });
      renameSync(draft, this.#file);
      this.#isTorn = false;
    } catch {
      // The long file serves as well.
    }
  }
}

/** Names are paths for the most part, which may hold anything. */
function encodeName(name: string): string {
  return /[\t\n\r%]/.test(name) ? name.replace(/[\t\n\r%]/g, encodeURIComponent) : name;
}

function decodeName(name: string): string {
  return name.includes('%') ? name.replace(/%(09|0A|0D|25)/g, decodeURIComponent) : name;
}
