/** Versions of Node that Spikeline runs on, as package.json has them under `engines`. */
export const nodeRange = '^20.19.0 || >=22.12.0';

/** Why a version of Node, such as `21.7.3`, is none of those; undefined if it is one. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fine = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  return fine ? undefined : 'Spikeline needs Node 20.19 or a later 20, or 22.12 or later';
}
