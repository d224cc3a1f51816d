/**
 * What is wrong with two output paths beside one another, if anything: one lies in the other, or they are the same. Case
 * makes no difference, nor how accents are put together: some file systems don't tell that.
 */
export function clash(one: string, other: string): string | undefined {
  const [a, b] = [one, other].map((path) => `${path.normalize('NFC').replaceAll('\\', '/')}/`) as [string, string];
  if (a === b) return 'have the same path';
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  if (x === y) return 'have the same path on file systems that ignore case';
  return x.startsWith(y) || y.startsWith(x) ? 'lie in one another' : undefined;
}
