import { hash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { temporaryPath } from './atomic.js';

/** Lines beyond two a name that a file may hold before it is written anew. */
const slack = 1000;
const checksumLength = 16;

/**
 * A map from names to JSON values, kept as lines appended to a file, the last line of a name being the one that counts.
 * It holds what can be found out again: a lost or torn line costs that work and no more. Each line has a checksum, so
 * that a damaged one is none.
 *
 * Several processes may append to one file. What others append after it was opened is not seen.
 */
export class Journal {
  /** Lines as they are in the file: most are never asked for, and a no-op run must not read ten thousand of them. */
  readonly #lines = new Map<string, string>();
  readonly #file: string;

  /** @param temporary a folder on the same file system for drafts */
  constructor(file: string, temporary: string) {
    this.#file = file;
    let lines: string[];
    try {
      lines = readFileSync(file, 'utf8').split('\n');
    } catch {
      return;
    }
    for (const line of lines) {
      const end = line.indexOf('\t');
      if (end > 0) this.#lines.set(line.slice(0, end), line);
    }
    if (lines.length > 2 * this.#lines.size + slack) this.#compact(temporary);
  }

  /** The newest value of a name; undefined if there is none, or if it is damaged. */
  get(name: string): unknown {
    const line = this.#lines.get(encodeName(name));
    if (line === undefined) return undefined;
    const start = line.indexOf('\t') + 1;
    const text = line.slice(start + checksumLength);
    if (line.slice(start, start + checksumLength) !== checksum(name, text)) return undefined;
    return JSON.parse(text) as unknown;
  }

  set(name: string, value: unknown): void {
    const text = JSON.stringify(value);
    const line = `${encodeName(name)}\t${checksum(name, text)}${text}`;
    this.#lines.set(encodeName(name), line);
    const append = () => appendFileSync(this.#file, `${line}\n`);
    try {
      try {
        append();
      } catch {
        mkdirSync(dirname(this.#file), { recursive: true });
        append();
      }
    } catch {
      // A store that can only be read still serves: what would be noted has to be found out again next time.
    }
  }

  #compact(temporary: string): void {
    try {
      mkdirSync(temporary, { recursive: true });
      const draft = temporaryPath(temporary);
      writeFileSync(draft, `${[...this.#lines.values()].join('\n')}\n`);
      renameSync(draft, this.#file);
    } catch {
      // The long file serves as well.
    }
  }
}

/** Names are paths for the most part, which may hold anything. */
function encodeName(name: string): string {
  return /[\t\n\r%]/.test(name) ? name.replace(/[\t\n\r%]/g, encodeURIComponent) : name;
}

function checksum(name: string, text: string): string {
  return hash('sha256', `${name}\t${text}`, 'hex').slice(0, checksumLength);
}
