/**
 * Does one of two output paths lie in the other, or are they the same? Case makes no difference: some file systems don't
 * tell it.
 */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => `${path.normalize('NFC').toLowerCase().replaceAll('\\', '/')}/`);
  return a!.startsWith(b!) || b!.startsWith(a!);
}
