/** Cores that running tasks share, and how many tasks may run at once. First come, first served. */
export class CpuPool {
  #free: number;
  #slots: number;
  readonly #queue: { readonly cpus: number; readonly grant: () => void }[] = [];

  /** @param jobs tasks at a time at most */
  constructor(
    readonly total: number,
    jobs: number,
  ) {
    this.#free = total;
    this.#slots = jobs;
  }

  /** Waits for cores: as many as asked for, or all there are. Returns how many, and a function that gives them back. */
  async acquire(wanted: number | 'all'): Promise<{ readonly cpus: number; release(): void }> {
    const cpus = wanted === 'all' ? this.total : Math.min(wanted, this.total);
    await new Promise<void>((grant) => {
      this.#queue.push({ cpus, grant });
      this.#serve();
    });
    return {
      cpus,
      release: () => {
        this.#free += cpus;
        this.#slots++;
        this.#serve();
      },
    };
  }

  #serve(): void {
    // In order: a large task at the head is not overtaken for ever by small ones.
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if (this.#slots < 1 || this.#free < head.cpus) return;
      this.#free -= head.cpus;
      this.#slots--;
      this.#queue.shift();
      head.grant();
    }
  }
}
