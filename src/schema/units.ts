const seconds = { s: 1, min: 60, h: 3600, d: 86_400 } as const;
const bytes = { MB: 1e6, GB: 1e9, TB: 1e12, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

/** What is accepted as a time: `30s`, `1.5h`. */
export const timePattern = `^\\d+(\\.\\d+)? ?(${Object.keys(seconds).join('|')})$`;

/** What is accepted as an amount of memory: `512MB`, `1.5GiB`. */
export const memoryPattern = `^\\d+(\\.\\d+)? ?(${Object.keys(bytes).join('|')})$`;

/** A time in seconds: a number of them, or a text that `timePattern` accepts. */
export function parseTime(time: number | string): number {
  return typeof time === 'number' ? time : parse(time, seconds);
}

/** An amount of memory in bytes, from a text that `memoryPattern` accepts. */
export function parseMemory(amount: string): number {
  return Math.round(parse(amount, bytes));
}

function parse(text: string, units: Readonly<Record<string, number>>): number {
  const [, amount, unit] = /^([\d.]+) ?([A-Za-z]+)$/.exec(text)!;
  return Number(amount) * units[unit!]!;
}
