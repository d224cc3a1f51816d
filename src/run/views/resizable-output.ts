import { stripVTControlCharacters } from 'node:util';
import { ProcessOutput } from 'listr2';

/**
 * Standard output for rows that are drawn over and over. listr2's own keeps to the width that the terminal had at first:
 * lines then break in the middle, and what a narrower terminal has broken into two is left standing.
 */
export class ResizableOutput extends ProcessOutput {
  /** Lengths of the lines that were drawn last. */
  #drawn: readonly number[] = [];

  override get stdout(): NodeJS.WriteStream {
    const stream = super.stdout;
    const write = stream.write.bind(stream);
    for (const size of ['columns', 'rows'] as const)
      Object.defineProperty(stream, size, { get: () => process.stdout[size] });
    stream.write = (chunk: string | Uint8Array) => {
      const text = String(chunk);
      const erasing = this.#eraseBroken();
      this.#drawn = stripVTControlCharacters(text)
        .split('\n')
        .map((line) => [...line].length);
      return write(erasing + text);
    };
    return stream;
  }

  /** What erases the lines that a terminal has made by breaking longer ones: whoever draws anew erases as many as it drew. */
  #eraseBroken(): string {
    const width = process.stdout.columns ?? Number.POSITIVE_INFINITY;
    const broken = this.#drawn.reduce((sum, length) => sum + Math.max(0, Math.ceil(length / width) - 1), 0);
    return broken === 0 ? '' : `\x1b[2K${'\x1b[1A\x1b[2K'.repeat(broken)}\x1b[G`;
  }
}
