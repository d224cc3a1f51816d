import { mkdirSync, readdirSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryPath } from '../files/atomic.js';
import { canonicalJson } from '../files/canonical.js';
import { digestBytes, hexOf } from '../files/digest.js';
import { readSealed, sealed } from '../files/sealed.js';
import { checkStore } from '../files/trust.js';
import { isToCome } from './last-use.js';

/** More than this nobody works on at a time. */
const mostFiles = 20;

/**
 * What pipeline files say, kept in a store: to parse ten thousand stages takes more than a second. A file is found by
 * its text and by the parser's fingerprint; a damaged one is none, and one that is lost costs that time again.
 */
export class StoredParsedFiles<ParsedFile> {
  readonly #folder: string;

  /**
   * @param artifacts the folder of the store, which need not exist: then nothing is kept
   * @param parser changes whenever a text may be read as something else
   */
  constructor(
    readonly artifacts: string,
    readonly parser: string,
  ) {
    this.#folder = join(artifacts, 'store', 'parsed');
  }

  get(text: string): ParsedFile | undefined {
    const content = readSealed(this.#pathOf(text));
    return content === undefined ? undefined : (JSON.parse(content) as ParsedFile);
  }

  set(text: string, parsed: ParsedFile): void {
    try {
      // What JSON can't hold, such as .nan, is parsed again each time: this throws.
      canonicalJson(parsed);
      if (!statSync(dirname(this.#folder)).isDirectory()) return;
      checkStore(this.artifacts);
      mkdirSync(this.#folder, { recursive: true });
      const draft = temporaryPath(this.#folder);
      writeFileSync(draft, sealed(JSON.stringify(parsed)), { flag: 'wx' });
      renameSync(draft, this.#pathOf(text));
      this.#removeOld();
    } catch {
      // The next run parses again.
    }
  }

  #removeOld(): void {
    const files = readdirSync(this.#folder).map((name) => join(this.#folder, name));
    const now = Date.now();
    // Times yet to come tell nothing, and newer files must not go first.
    const timeOf = ({ mtimeMs }: Stats) => (isToCome(mtimeMs, now) ? 0 : mtimeMs);
    const byAge = files.map((file) => ({ file, at: timeOf(statSync(file)) })).sort((a, b) => b.at - a.at);
    for (const { file } of byAge.slice(mostFiles)) rmSync(file, { force: true });
  }

  #pathOf(text: string): string {
    return join(this.#folder, hexOf(digestBytes(`${this.parser}\n${text}`)));
  }
}
