import { appendFileSync, chmodSync, readdirSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { prepared, type Sandbox, steady, test } from '../../e2e/program.js';
import { listFiles } from '../../store/folder.js';

/** `world` stands for what a pipeline can't know of: each stage but the first depends on it in another way. */
const pipeline = `name: v
stages:
  base: { run: 'echo base > \${{ outputs.x }}', outputs: { x: x.txt } }
  file: { run: 'cat \${{ inputs.base }} world > \${{ outputs.x }}', inputs: { base: base }, outputs: { x: x.txt } }
  folder:
    run: 'mkdir -p \${{ outputs.x }}/sub; echo same > \${{ outputs.x }}/a; cp world \${{ outputs.x }}/sub/b'
    outputs: { x: x }
  names: { run: 'mkdir -p \${{ outputs.x }}/sub; cp world \${{ outputs.x }}/sub/$(cat world)', outputs: { x: x } }
  metric: { uses: ./metric.ts }
  fails: { run: 'read word < world; echo $word; test $word = one && echo > \${{ outputs.x }}', outputs: { x: x } }
  below: { run: 'cp \${{ inputs.x }} \${{ outputs.x }}', inputs: { x: file }, outputs: { x: x } }
`;

/** A metric that no output holds. */
const metric = `import { readFileSync, writeFileSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'metric', summary: 'Metric', parameters: Type.Object({}), inputs: {},
  outputs: { x: { description: 'Nothing', path: 'x' } },
  async run({ outputs, pipelineFolder }) {
    writeFileSync(outputs.x!, '');
    return { a: Number.NaN, length: readFileSync(pipelineFolder + '/world', 'utf8').length };
  },
});
`;

const finished = prepared(async (box) => {
  box.write('p.yaml', pipeline);
  box.write('metric.ts', metric);
  box.write('world', 'one\n');
  const { code, out, err } = await box.run(['run', 'p.yaml']);
  expect(code, out + err).toBe(0);
});

/** What is in the store for good, and in the tree: not what any command may keep of the pipeline file's text. */
const kept = (box: Sandbox) =>
  listFiles(box.path('artifacts')).filter((path) => !/^store\/([a-z]+$|parsed\/)/.test(path));

describe.concurrent('verify', () => {
  test('finds all the same, and leaves nothing behind', async ({ box }) => {
    await finished(box);
    const before = kept(box);
    const { code, out, err } = await box.run(['verify', 'p.yaml', 'base', 'file']);
    expect([code, err]).toEqual([0, '']);
    expect(steady(out)).toContain('\nv: 2 of 2 came out the same, byte for byte, in N s\n');
    expect((await box.run(['verify', 'p.yaml'])).out).toContain('v: 7 of 7 came out the same');
    expect(kept(box)).toEqual(before);
    expect(readdirSync(box.path('artifacts/store/tmp'))).toEqual([]);
  });

  test('names the first difference of each result, and of none that only has another input', async ({ box }) => {
    await finished(box);
    box.write('world', 'two\n');
    const { code, out } = await box.run(['verify', 'p.yaml']);
    expect(code).toBe(1);
    const hint = '  hint: Is it random, or does it depend on the time, or on something the pipeline does not name?\n';
    const expected = {
      file: 'it differs from byte 5 on (0x6f before, 0x74 now)',
      folder: 'sub/b differs from byte 0 on (0x6f before, 0x74 now)',
      names: 'sub/one is missing',
    };
    for (const [task, difference] of Object.entries(expected))
      expect(out).toContain(`\n${task} [E_DIFFERENT]\n  The output "x" is not the same: ${difference}.\n${hint}`);
    expect(out).toContain('\nfails [E_COMMAND]\n  The command failed with exit code 1.\n\n');
    expect(out).toContain('v: 3 of 7 came out the same');
  });

  test('compares lengths and metrics', async ({ box }) => {
    await finished(box);
    box.write('world', 'one\ntwo\n');
    const { out } = await box.run(['verify', 'p.yaml', 'file', 'metric']);
    expect(out).toContain('The metric "length" is not the same: 4 → 8.');
    expect(out).toContain('it goes on after byte 9, where it ended');
    box.write('world', '');
    expect((await box.run(['verify', 'p.yaml', 'file'])).out).toContain('it ends at byte 5 and was longer');
  });

  test('reads what is in the store first, and sets aside what is damaged', async ({ box }) => {
    await finished(box);
    const blob = box.path(`artifacts/store/blobs/${listFiles(box.path('artifacts/store/blobs'))[0]!}`);
    chmodSync(blob, 0o644);
    appendFileSync(blob, 'x');
    const { code, out } = await box.run(['verify', 'p.yaml']);
    expect(code).toBe(1);
    expect(out).toMatch(/There is no result to compare with \(output "\w+"( \(.*\))? was damaged in the store/);
    expect((await box.run(['run', 'p.yaml'])).code).toBe(0);
    expect((await box.run(['verify', 'p.yaml'])).code).toBe(0);
  });

  test('says what has no result', async ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('metric.ts', metric);
    await box.run(['run', 'p.yaml', 'base']);
    const { code, out } = await box.run(['verify', 'p.yaml', 'below']);
    expect(code).toBe(1);
    expect(out).toContain(
      '\nbelow [E_NO_RESULT]\n  There is no result to compare with (a task before it is not up to date: file).\n  hint: Run it first.\n',
    );
  });
});
