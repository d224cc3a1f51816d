/** Milliseconds that a pace is taken over, so that a server that slows down is noticed, and one hiccup is not. */
const span = 20_000;
/** Before that a pace says nothing. */
const least = 3_000;

/** How long a transfer will still take, judged by its last while: what was there before it began does not count. */
export class RemainingTime {
  readonly #seen: { readonly at: number; readonly done: number }[] = [];

  /** @param now in milliseconds, as `performance.now()` has it @returns seconds, once that can be told */
  left(done: number, total: number, now: number = performance.now()): number | undefined {
    const last = this.#seen.at(-1);
    if (last === undefined || now - last.at > 250) this.#seen.push({ at: now, done });
    while (this.#seen.length > 2 && now - this.#seen[1]!.at > span) this.#seen.shift();
    const first = this.#seen[0]!;
    const rate = (done - first.done) / (now - first.at);
    return now - first.at < least || !(rate > 0) ? undefined : (total - done) / rate / 1000;
  }
}
