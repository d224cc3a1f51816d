/** What becomes of the reading or copying of what may be large. */
export interface Reading {
  /** Gives it up: who waits for it gets the signal's reason. */
  readonly signal?: AbortSignal;
  /** Is told now and then how far it is, once it has taken three seconds: `reading large: 281 MB of 1.1 TB`. */
  tell?(message: string): void;
}

let listener: ((message: string) => void) | undefined;

/** @param tell is told of the reading that nobody else is told of; nobody is without it */
export function tellOfReading(tell?: (message: string) => void): void {
  listener = tell;
}

/** When it is told first how far a reading is, and how often then, in milliseconds. */
export const [firstTellMs, everyTellMs] = [3_000, 10_000];

/** How far it is with the files of a folder, and whether it is given up. */
export class Pace {
  #next = performance.now() + firstTellMs;
  #files = 0;
  #seen = 0;

  /** @param name of the folder */
  constructor(
    readonly reading: Reading,
    readonly name: string,
  ) {}

  /** Another file was found. @throws the reason of the signal */
  look(): void {
    this.#seen++;
    this.#tell(() => `listing ${this.name}: ${this.#seen} ${this.#seen === 1 ? 'file' : 'files'} so far`);
  }

  /** Another file was read. @param all of them @throws the reason of the signal */
  step(all: number): void {
    this.#files++;
    this.#tell(() => `reading ${this.name}: ${this.#files} of ${all} files`);
  }

  #tell(text: () => string): void {
    this.reading.signal?.throwIfAborted();
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + everyTellMs;
    toldOf(this.reading)(text());
  }
}

/** Who is to be told how far a reading is. */
export function toldOf({ tell }: Reading): (message: string) => void {
  return tell ?? listener ?? (() => undefined);
}
