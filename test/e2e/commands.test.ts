import { chmodSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { test } from './program.js';

describe.concurrent('commands', () => {
  test('see the variables that are declared, a few more, and no others', async ({ box }) => {
    box.write(
      'p.yaml',
      `name: e
stages:
  a: { run: 'env | sed "s/=.*//" | sort > \${{ outputs.names }}; echo "$SEEN" > \${{ outputs.seen }}', outputs: { names: names, seen: seen }, env: [SEEN, UNSET] }
`,
    );
    const env = { SEEN: 'yes', HIDDEN: 'no', TERM: 'dumb', LC_CTYPE: 'C.UTF-8', LC_PAPER: 'A4', LANGUAGE: 'de' };
    expect((await box.run(['run', 'p.yaml'], env)).code).toBe(0);
    expect(box.read('artifacts/e/a/seen')).toBe('yes\n');
    const names = box.read('artifacts/e/a/names').trim().split('\n');
    // What the shell itself adds aside.
    const passed = names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name));
    const few = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'SPIKELINE_THREADS', 'TERM', 'TMPDIR', 'TZ', 'USER'];
    const isFew = (name: string) => few.includes(name) || /^(LC_|LANG)/.test(name);
    expect(passed.filter((name) => !isFew(name))).toEqual(['SEEN']);
    const some = ['LANGUAGE', 'LC_CTYPE', 'LC_PAPER', 'PATH', 'SPIKELINE_THREADS'];
    expect(passed).toEqual(expect.arrayContaining(some));
    // They are in no key.
    expect((await box.run(['plan', 'p.yaml'], { ...env, LC_PAPER: 'A5' })).out).toBe('0 to run, 1 cached\n');
    const { out } = await box.run(['status', 'p.yaml'], { ...env, SEEN: 'other', HIDDEN: 'changed' });
    // Its value may be a secret.
    expect(out).toContain('a     stale  environment variable SEEN changed\n');
  });

  test('run in the folder of the pipeline, with its own scripts, and get lists of files as words', async ({ box }) => {
    box.write('deep/join.sh', '#!/bin/sh\nout=$1; shift; cat "$@" > "$out"\n');
    chmodSync(box.path('deep/join.sh'), 0o755);
    box.write(
      'deep/p.yaml',
      `name: words
axes: { word: ["it's", 'a "b" $HOME', '*'] }
stages:
  shell: { run: 'echo \${{ word }} > \${{ outputs.x }}', over: [word], outputs: { x: 'a file.txt' } }
  list: { run: [./join.sh, '\${{ outputs.all }}', '\${{ inputs.words }}'], inputs: { words: shell }, outputs: { all: all } }
  each: { run: 'for i in \${{ inputs.words }}; do cat "$i"; done > \${{ outputs.all }}', inputs: { words: shell }, outputs: { all: all } }
  loud: { run: 'echo here; pwd', inputs: { all: each } }
`,
    );
    expect((await box.run(['run', 'deep/p.yaml'])).code).toBe(0);
    const words = 'it\'s\na "b" $HOME\n*\n';
    expect(box.read('deep/artifacts/words/list/all')).toBe(words);
    expect(box.read('deep/artifacts/words/each/all')).toBe(words);
    expect((await box.run(['log', 'deep/p.yaml', 'loud'])).out).toMatch(/^here\n.*\/deep\n$/);
  });

  test('that are text stop where one fails, take any value, and say what they lack', async ({ box }) => {
    const long = 'x'.repeat(200_000);
    box.write(
      'p.yaml',
      `name: text
params: { long: ${long}, quote: "it's" }
stages:
  strict: { run: "false\\n\\necho x > \${{ outputs.x }}", outputs: { x: x } }
  lines: { run: "# it's \${{ params.quote }}\\ncat <<EOF > \${{ outputs.x }}\\nit's \${{ params.quote }}\\nEOF\\nnone\\n", outputs: { x: x } }
  pipe: { shell: bash, run: "false | cat\\necho x > \${{ outputs.x }}", outputs: { x: x } }
  loose: { run: "false | cat\\necho \${{ params.long }} > \${{ outputs.x }}", outputs: { x: x } }
  words: { run: [echo, "\${{ params.long }}"] }
  none: { shell: bash, run: "true", env: [PATH] }
`,
    );
    const failed = async (task: string, env = {}) => {
      const { code, out, err } = await box.run(['run', 'p.yaml', task, '--reporter', 'plain'], env);
      expect(code).toBe(1);
      return out + err;
    };
    const stopped = 'The command failed with exit code';
    expect(await failed('strict')).toContain(`${stopped} 1.`);
    expect(await failed('lines')).toContain(`${stopped} 127.`);
    // Lines are counted as in the file.
    expect((await box.run(['log', 'p.yaml', 'lines'])).out).toMatch(/: 5: none: not found|line 5: none: /);
    expect(await failed('pipe')).toContain(`${stopped} 1.`);
    expect((await box.run(['run', 'p.yaml', 'loose'])).code).toBe(0);
    expect(box.read('artifacts/text/loose/x')).toBe(`${long}\n`);
    expect(await failed('words')).toContain('The command "echo" has a word of 200001 bytes');
    expect(await failed('none', { PATH: box.path('nowhere') })).toContain('needs bash, which was not found');
  });

  test('report metrics in a JSON file; other files of that name are results like any other', async ({ box }) => {
    box.write(
      'm.json',
      '{ "accuracy": 0.5, "note": "x", "fine": true, "list": [1, 2], "map": { "a": 1 }, "none": null }',
    );
    box.write(
      'p.yaml',
      `name: m
stages:
  json: { run: [cp, m.json, '\${{ outputs.metrics }}'], outputs: { metrics: metrics.json } }
  csv: { run: 'echo a,b > \${{ outputs.metrics }}', outputs: { metrics: metrics.csv } }
expect: [{ stage: json, metric: accuracy, min: 0.4 }]
`,
    );
    // What a table of CSV goes to takes each line for a row.
    for (const [args, said] of [
      [['show', 'p.yaml', '--csv'], 'No results yet.'],
      [['show', 'p.yaml', '--csv', '--runs'], 'No runs yet.'],
    ] as const)
      expect(await box.run([...args])).toMatchObject({
        code: 0,
        out: '',
        err: expect.stringContaining(said) as string,
      });
    expect(await box.outcomes(['p.yaml'])).toEqual({ json: 'ran', csv: 'ran' });
    expect(JSON.parse((await box.run(['show', 'p.yaml', '--json'])).out)).toEqual([
      { task: 'json', stage: 'json', axes: {}, metrics: { accuracy: 0.5, note: 'x', fine: true, list: [1, 2] } },
      { task: 'csv', stage: 'csv', axes: {}, metrics: {} },
    ]);
    expect((await box.run(['check', 'p.yaml'])).code).toBe(0);
    // An axis may be called like a metric.
    box.write(
      'q.yaml',
      `name: q
axes: { accuracy: [7] }
stages: { s: { over: [accuracy], run: [cp, m.json, '\${{ outputs.metrics }}'], outputs: { metrics: metrics.json } } }
`,
    );
    const { out, err } = await box.run(['run', 'q.yaml', '--force', '--reporter', 'plain']);
    expect(out + err).toContain('s@accuracy=7: What of its metrics is no number');
    expect(out + err).toContain('is left out: "map" (a map), "none" (null).');
    expect(await box.run(['show', 'q.yaml', '--csv', '--runs', '--where', 'accuracy=9'])).toMatchObject({
      ...{ code: 0, out: '', err: 'No run matches.\n' },
    });
    expect((await box.run(['show', 'q.yaml', '--csv'])).out).toBe(
      '# s\naxis accuracy,accuracy,fine,note\n7,0.5,true,x\n',
    );
    expect((await box.run(['show', 'q.yaml', '--json'])).out).toContain('"accuracy": 0.5');
    expect((await box.run(['show', 'q.yaml'])).out).toContain('axis accuracy  accuracy');
  });
});
