/** Edit distance (insert, delete, replace, swap of neighbours), cut off above `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(row[j - 1]! + (same ? 0 : 1), row[j]! + 1, next[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}

/** The candidate that was probably meant, or undefined when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const lower = word.toLowerCase();
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: { readonly candidate: string; readonly cost: number } | undefined;
  for (const candidate of candidates) {
    const cost = distance(lower, candidate.toLowerCase(), limit);
    // A word of one letter is not near another one.
    if (cost <= limit && cost < Math.max(word.length, candidate.length) && (best === undefined || cost < best.cost))
      best = { candidate, cost };
  }
  return best?.candidate;
}

/** Keys as they are called here, by what Make, DVC, Snakemake, GitHub, GitLab and Compose call the like. */
const calledElsewhere: Readonly<Record<string, readonly string[]>> = {
  ...keysFor(['run'], 'command cmd commands script exec entrypoint'),
  ...keysFor(['inputs'], 'deps depends depends_on dependencies needs requires after input sources'),
  ...keysFor(['outputs'], 'outs output produces targets artifacts'),
  ...keysFor(['with', 'params'], 'args arguments config vars'),
  ...keysFor(['params', 'with'], 'parameters variables'),
  ...keysFor(['over', 'axes'], 'matrix foreach sweep grid wildcards'),
  ...keysFor(['env'], 'environment'),
  ...keysFor(['cpus'], 'cores threads'),
  ...keysFor(['memory'], 'mem ram mem_mb'),
  ...keysFor(['retries'], 'retry attempts'),
  ...keysFor(['stages'], 'jobs steps tasks rules'),
};

function keysFor(keys: readonly string[], names: string): Record<string, readonly string[]> {
  return Object.fromEntries(names.split(' ').map((name) => [name, keys]));
}

/** What to write for a key that there isn't: one that is near, or one of what other tools call so. */
export function keySuggestion(word: string, known: Iterable<string>): string | undefined {
  const all = [...known];
  if (nearest(word, all) !== undefined || !Object.hasOwn(calledElsewhere, word)) return suggestion(word, all);
  const same = calledElsewhere[word]!.find((key) => all.includes(key));
  return same === undefined ? suggestion(word, all) : `here that is called "${same}"`;
}

/** `did you mean "x"?`, or the list of what there is when nothing is near and the list is short. */
export function suggestion(word: string, candidates: Iterable<string>): string | undefined {
  const all = [...candidates];
  const near = nearest(word, all);
  if (near !== undefined) return `did you mean "${near}"?`;
  return all.length > 0 && all.length <= 12 ? `known: ${all.join(', ')}` : undefined;
}
