/** Versions of Node that Spikeline runs on, as package.json has them under `engines`. */
export const nodeRange = '^20.19.0 || >=22.12.0';

/** What is wrong with all other versions. */
const problem = 'Spikeline needs Node 20.19 or a later 20, or 22.12 or later';

/** Why a version of Node, such as `21.7.3`, is none of those; undefined if it is one. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fine = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  return fine ? undefined : problem;
}

/**
 * The same in a shell, which can tell of a Node that is too old to read any of our files.
 *
 * @param version name of a variable that has the version, such as `v21.7.3`
 * @param say a command that is given why it is none of those, in double quotes
 */
export function nodeCheck(version: string, say: (problem: string) => string): string[] {
  const fine = [
    '[ "$major" -eq 20 ] && [ "$minor" -ge 19 ]',
    '[ "$major" -eq 22 ] && [ "$minor" -ge 12 ]',
    '[ "$major" -gt 22 ]',
  ];
  return [
    `major=\${${version}#v} minor=\${${version}#*.}; major=\${major%%.*} minor=\${minor%%.*}`,
    `{ ${fine.map((test) => `{ ${test}; }`).join(' || ')}; } 2> /dev/null || ${say(problem)}`,
  ];
}
