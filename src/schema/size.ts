const units = { KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

/** What `parseSize` takes, for people. */
export const knownUnits = Object.keys(units).join(', ');

/** `10GB`, `1.5 GiB` in bytes; undefined if it is no size. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text) ?? [];
  if (amount === undefined || !Object.hasOwn(units, unit!)) return undefined;
  return Math.round(Number(amount) * units[unit as keyof typeof units]);
}

/** `0 bytes`, `512 bytes`, `1.5 MB`. */
export function formatSize(bytes: number): string {
  const unit = (['TB', 'GB', 'MB', 'KB'] as const).find((unit) => bytes >= units[unit]);
  return unit === undefined ? `${bytes} bytes` : `${Number((bytes / units[unit]).toPrecision(3))} ${unit}`;
}
