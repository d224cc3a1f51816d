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

/** Who is to be told how far a reading is. */
export function toldOf({ tell }: Reading): (message: string) => void {
  return tell ?? listener ?? (() => undefined);
}
