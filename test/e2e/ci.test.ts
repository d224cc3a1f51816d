import { describe, expect } from 'vitest';
import { type Sandbox, steady, test } from './program.js';

const pipeline = `name: ci
axes: { n: [1, 2] }
stages:
  count: { run: 'echo {\\"n\\":\${{ n }}} > \${{ outputs.metrics }}', over: [n], outputs: { metrics: metrics.json } }
  never: { run: 'echo ::error::mine; echo 50 % done; exit 3', outputs: { x: x } }
expect:
  - { stage: count, metric: n, value: 1, tolerance: 0.5, source: 'Table 1, "a < b"' }
  - { stage: count, metric: n, max: 2 }
  - { stage: never, metric: speed, min: 1 }
`;

const github = (box: Sandbox) => ({
  GITHUB_ACTIONS: 'true',
  GITHUB_STEP_SUMMARY: box.path('summary.md'),
  GITHUB_WORKSPACE: box.folder,
});

describe.concurrent('a step of a GitHub workflow', () => {
  test('marks the stages whose tasks failed, shows what they wrote last, and sums up', async ({ box }) => {
    box.write('deep/p.yaml', pipeline);
    const { code, out, err } = await box.run(['run', 'deep/p.yaml', '--keep-going'], github(box));
    expect([code, err]).toEqual([1, '']);
    expect(out).toContain(
      'FAILED  never: The command failed with exit code 3.\n        | ::error::mine\n        | 50 % done\n',
    );
    expect(out).toContain(
      '\n::error file=deep/p.yaml,line=5,endLine=5,col=3,endColumn=8,title=never failed [E_COMMAND]::' +
        'The command failed with exit code 3.%0A::error::mine%0A50 %25 done\n',
    );
    expect(steady(box.read('summary.md'))).toBe(`### run: ci

ran 2, cached 0, failed 1 in N s

- **never** failed: The command failed with exit code 3. \`E_COMMAND\`

  \`\`\`text
  ::error::mine
  50 % done
  \`\`\`

`);
  });

  test('marks expectations that are off or without a result, and shows all of them in its summary', async ({ box }) => {
    box.write('p.yaml', pipeline);
    await box.run(['run', 'p.yaml', 'count']);
    const { code, out } = await box.run(['check', 'p.yaml'], github(box));
    expect(code).toBe(1);
    expect(out.split('\n').filter((line) => line.startsWith('::'))).toEqual([
      '::error file=p.yaml,line=7,endLine=7,col=5,endColumn=86,title=Off::' +
        'n of count@n=2: expected 1 ± 0.5, got 2%0Asource: Table 1, "a < b"',
      '::error file=p.yaml,line=9,endLine=9,col=5,endColumn=44,title=No result::' +
        'speed of never: expected ≥ 1, got –',
    ]);
    const summary = box.read('summary.md');
    expect(summary).toMatch(/^### check: ci\n\n3 of 5 met\n\n\| verdict \| task /);
    expect(summary).toContain('| OFF     | count@n=2 | n      | 1 ± 0.5  | 2   | 1          | Table 1, "a \\< b" |');
  });

  test('marks mistakes where they are, commas and line breaks escaped', async ({ box }) => {
    box.write('p.yaml', 'name: ci\nstages:\n  a: { run: "true", ovr: [x] }\n');
    for (const args of [
      ['run', 'p.yaml'],
      ['validate', 'p.yaml'],
    ]) {
      const { code, out } = await box.run(args, github(box));
      expect(code).toBe(2);
      expect(out).toBe(
        '::error file=p.yaml,line=3,endLine=3,col=21,endColumn=24,title=E_UNKNOWN_KEY::' +
          'Unknown key "ovr".%0Ahint: did you mean "over"?\n',
      );
    }
    const { out } = await box.run(['validate', 'p.yaml', '--json'], github(box));
    expect(JSON.parse(out)).toHaveLength(1);
  });

  test('does without a summary where it can not be written, and leaves JSON alone', async ({ box }) => {
    box.write('p.yaml', pipeline);
    const env = { ...github(box), GITHUB_STEP_SUMMARY: box.path('none/summary.md') };
    const { code, out } = await box.run(['run', 'p.yaml', 'count'], env);
    expect(code).toBe(0);
    expect(out).toContain("The step's summary can't be written: ENOENT");
    const json = await box.run(['run', 'p.yaml', '--reporter', 'json'], github(box));
    for (const line of json.out.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('event');
  });
});

describe.concurrent('check --junit', () => {
  test('writes a test case a comparison', async ({ box }) => {
    box.write('p.yaml', pipeline);
    await box.run(['run', 'p.yaml', 'count']);
    expect((await box.run(['check', 'p.yaml', '--junit', 'check.xml'])).code).toBe(1);
    expect(box.read('check.xml')).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="5" failures="2" errors="0" skipped="0">
  <testsuite name="ci" tests="5" failures="2" errors="0" skipped="0">
    <testcase classname="ci.count@n=1" name="n 1 ± 0.5"/>
    <testcase classname="ci.count@n=2" name="n 1 ± 0.5">
      <failure message="got 2">expected: 1 ± 0.5
got: 2
difference: 1
source: Table 1, &quot;a &lt; b&quot;</failure>
    </testcase>
    <testcase classname="ci.count@n=1" name="n ≤ 2"/>
    <testcase classname="ci.count@n=2" name="n ≤ 2"/>
    <testcase classname="ci.never" name="speed ≥ 1">
      <failure message="there is no result, or it is out of date">expected: ≥ 1
got: –</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
    // Another run would not bring what the results lack.
    box.write(
      'lacking.yaml',
      `name: lacking
stages:
  some: { run: 'echo {\\"n\\":1} > \${{ outputs.metrics }}', outputs: { metrics: metrics.json } }
  none: { run: 'echo {\\"m\\":1} > \${{ outputs.x }}', outputs: { x: x.json } }
expect: [{ stage: some, metric: m, min: 1 }, { stage: none, metric: m, min: 1 }]
`,
    );
    await box.run(['run', 'lacking.yaml']);
    const lacking = await box.run(['check', 'lacking.yaml', '--junit', 'check.xml']);
    expect(lacking.code).toBe(1);
    expect(lacking.out).toContain(`
0 of 2 met
some has no metric "m": it has n.
none has no metric "m": a command writes its metrics to the JSON file of its output \`metrics\`.
`);
    expect(lacking.out).not.toContain('spikeline run');
    box.write(
      'equals.yaml',
      box
        .read('lacking.yaml')
        .replace(/expect:.*/, 'expect: [{ stage: some, metric: n, equals: { stage: some, metric: k } }]'),
    );
    await box.run(['run', 'equals.yaml']);
    const equals = (await box.run(['check', 'equals.yaml'])).out;
    expect(equals.slice(equals.indexOf('\n0 of'))).toBe('\n0 of 1 met\nsome has no metric "k": it has n.\n');
    expect(box.read('check.xml')).toContain('<failure message="the result has no such metric">');
    const { code, err } = await box.run(['check', 'p.yaml', '--junit', 'none/check.xml']);
    expect([code, err]).toEqual([2, "none/check.xml can't be written: its folder does not exist.\n"]);
  });
});
