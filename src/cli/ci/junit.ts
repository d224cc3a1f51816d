import { escaped } from '../../text/markup.js';

/** A test as CI systems show it. */
export interface TestCase {
  /** What is tested, such as `snn@precision=k1B2`. */
  readonly group: string;
  readonly name: string;
  /** Why it failed, in a line and in full; none if it passed. */
  readonly failure?: { readonly message: string; readonly details: string };
  /** Why it was not done. */
  readonly skipped?: string;
}

/** A JUnit file (the form that Jenkins, GitLab and GitHub's report actions read) of one suite. */
export function junit(suite: string, cases: readonly TestCase[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const left = cases.filter(({ skipped }) => skipped !== undefined).length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${left}"`;
  const lines = cases.map(({ group, name, failure, skipped }) => {
    const open = `    <testcase classname="${escaped(`${suite}.${group}`)}" name="${escaped(name)}"`;
    if (skipped !== undefined) return `${open}>\n      <skipped message="${escaped(skipped)}"/>\n    </testcase>`;
    if (failure === undefined) return `${open}/>`;
    const text = failure.details.split('\n').map(escaped).join('\n');
    return `${open}>\n      <failure message="${escaped(failure.message)}">${text}</failure>\n    </testcase>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts}>
  <testsuite name="${escaped(suite)}" ${counts}>
${lines.join('\n')}
  </testsuite>
</testsuites>
`;
}
