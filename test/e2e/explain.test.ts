import { chmodSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { prepared, type Sandbox, test } from './program.js';

/** A file, a stage of the user's with a module of its own, and a command with a variable that makes a folder. */
const pipeline = `name: words
params: { times: 2 }
stages:
  read: { run: [cp, '\${{ inputs.text }}', '\${{ outputs.copy }}'], inputs: { text: { file: data/in.txt } }, outputs: { copy: copy.txt } }
  repeat: { uses: ./repeat.ts, inputs: { text: read }, with: { format: { times: '\${{ params.times }}' } } }
  pack:
    run: 'mkdir \${{ outputs.pack }}; cp \${{ inputs.text }} \${{ outputs.pack }}/words; echo end >> \${{ outputs.pack }}/words; echo "$MODE" > \${{ outputs.pack }}/mode'
    inputs: { text: repeat }
    outputs: { pack: pack }
    env: [MODE, OTHER]
  count: { run: 'cat \${{ inputs.pack }}/words | wc -l > \${{ outputs.lines }}', inputs: { pack: pack }, outputs: { lines: lines.txt } }
`;

const repeat = `import { readFileSync, writeFileSync } from 'node:fs';
import { defineStage, Type } from 'spikeline';
import { end } from './words/end.js';
export default defineStage({
  name: 'repeat',
  summary: 'Repeats a text',
  parameters: Type.Object({ format: Type.Object({ times: Type.Integer({ minimum: 1 }) }) }),
  inputs: { text: { description: 'The text' } },
  outputs: { text: { description: 'The text, repeated', path: 'text.txt' } },
  async run({ parameters, inputs, outputs }) {
    const text = readFileSync((inputs.text as { path: string }).path, 'utf8') + end;
    writeFileSync(outputs.text!, text.repeat(parameters.format.times));
    return { characters: text.length * parameters.format.times };
  },
});
`;

const end = (mark: string) => `export const end = '${mark}\\n';\n`;
const env = { MODE: 'plain secret' };

/** A sandbox in which all of it has run. */
const finished = prepared(async (box) => {
  box.write('p.yaml', pipeline);
  box.write('data/in.txt', 'one two\n');
  box.write('repeat.ts', repeat);
  box.write('words/end.ts', end('.'));
  expect((await box.run(['run', 'p.yaml'], env)).code).toBe(0);
});

/** In the place of each moment, as long as one. */
const when = 'YYYY-MM-DD hh:mm:ss UTC';

/** What a command prints, without what differs from run to run. */
async function printed(box: Sandbox, args: readonly string[], variables = env): Promise<string> {
  const { code, out, err } = await box.run(args, variables);
  expect([code, err]).toEqual([0, '']);
  return out
    .replaceAll(box.folder, '.')
    .replaceAll(realpathSync(box.folder), '.')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, when)
    .replaceAll(/\d+(\.\d+)? s with \d+ threads? on .* \(Node .*, Spikeline .*\)/g, 'SO LONG, THERE')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'KEY');
}

async function states(box: Sandbox, variables = env): Promise<string> {
  return printed(box, ['status', 'p.yaml'], variables);
}

async function why(box: Sandbox, task: string, ...more: readonly string[]): Promise<string> {
  return printed(box, ['why', 'p.yaml', task, ...more]);
}

async function recordOf(box: Sandbox, task: string): Promise<string> {
  const { status } = JSON.parse((await box.run(['why', 'p.yaml', task, '--json'], env)).out) as {
    status: { key: string };
  };
  return box.path(join('artifacts/store/records', status.key.slice(0, 2), `${status.key}.json`));
}

const secret = { MODE: 'another secret' };
const fine = `It last ran on ${when}: SO LONG, THERE.\n`;

describe.concurrent('status and why', () => {
  test('say of what is cached since when it is, what its key is made of, and why it ran', async ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('data/in.txt', 'one two\n');
    box.write('repeat.ts', repeat);
    box.write('words/end.ts', end('.'));
    expect(await why(box, 'pack')).toBe(`pack waits for repeat, and will run in any case, because
  never run here

read (read → repeat → pack) is missing: it will run, because
  never run here
`);
    await finished(box);
    expect(await why(box, 'pack')).toBe(`pack is cached since ${when}.
It ran in run 1, because
  never run here
It took SO LONG, THERE.

Its key is KEY, made from
  the command mkdir \${{ outputs.pack }}; cp \${{ inputs.text }} \${{ outputs.pack }}/words; echo end >> \${{ outputs.pack }}/words; echo "$MODE" > \${{ outputs.pack }}/mode
  input text: 954822ecd5d0, made by repeat
  environment variable MODE (set)
  environment variable OTHER (not set)
It made
  pack: e2de2581e474, a folder of 37 bytes, pack
`);
    expect(await states(box)).toBe(`task    state   why
──────  ──────  ───
read    cached
repeat  cached
pack    cached
count   cached

4 of 4 cached
`);
    const json = await why(box, 'pack', '--json');
    expect(json).not.toContain('secret');
    expect(JSON.parse(json)).toMatchObject({
      record: { parts: { env: [{ name: 'MODE', set: true }, { name: 'OTHER' }] } },
    });
    expect(await printed(box, ['run', 'p.yaml', '--force', 'repeat'])).toContain('start   repeat (forced)\n');
    expect(await why(box, 'repeat')).toBe(`repeat is cached since ${when}.
It ran in run 2, because
  forced
It took SO LONG, THERE.

Its key is KEY, made from
  stage repeat, code 62391f911ecb
  parameter format.times: 2
  input text: 2dbb4a503f15, made by read
It made
  text: 954822ecd5d0, a file of 20 bytes, text.txt
`);
  });

  test('name the parameter that changed', async ({ box }) => {
    await finished(box);
    box.write('p.yaml', pipeline.replace('times: 2', 'times: 3'));
    expect(await states(box)).toBe(`task    state    why
──────  ───────  ───────────────────
read    cached
repeat  stale    format.times: 2 → 3
pack    waiting  waits for repeat
count   waiting  waits for pack

1 of 4 cached, 1 stale, 2 waiting
`);
    const reason = '  parameter format.times: 2 → 3\n';
    expect(await why(box, 'repeat')).toBe(`repeat is stale: it will run, because\n${reason}\n${fine}`);
    expect(await why(box, 'count')).toBe(`count waits for pack: it will run unless that produces the same as last time.

repeat (repeat → pack → count) is stale: it will run, because
${reason}
${fine}`);
    expect(JSON.parse(await why(box, 'count', '--json'))).toMatchObject({
      ...{ pipeline: 'words', task: 'count', status: { state: 'waiting', on: ['pack'] }, own: [] },
      causes: [
        {
          ...{ task: 'repeat', state: 'stale', path: ['repeat', 'pack', 'count'] },
          reasons: [{ code: 'parameter', changes: [{ name: 'format.times', from: 2, to: 3 }] }],
        },
      ],
    });
  });

  test('name the file that changed, and follow it from task to task', async ({ box }) => {
    await finished(box);
    box.write('data/in.txt', 'three\n');
    expect(await states(box)).toBe(
      `task    state    why
──────  ───────  ─────────────────────────────────────────────
read    stale    file data/in.txt changed: 2dbb4a50 → f6936912
repeat  waiting  waits for read
pack    waiting  waits for repeat
count   waiting  waits for pack

0 of 4 cached, 1 stale, 3 waiting
`,
    );
    const root = '  file data/in.txt: 2dbb4a503f15 → f69369121844\n';
    expect(await why(box, 'read')).toBe(`read is stale: it will run, because\n${root}\n${fine}`);
    await box.run(['run', 'p.yaml', 'repeat'], env);
    expect(await states(box)).toBe(`task    state    why
──────  ───────  ──────────────────────────────────────────────────────────
read    cached
repeat  cached
pack    stale    input "text" (made by repeat) changed: 954822ec → 418d0da4
count   waiting  waits for pack

2 of 4 cached, 1 stale, 1 waiting
`);
    const chain = (repeat: string, read: string) => `  input text: 954822ecd5d0 → 418d0da48b40, made by repeat

repeat ${repeat}, because
  input text: 2dbb4a503f15 → f69369121844, made by read

read ${read}, because
${root}`;
    const changed = `changed (its result is now from ${when})`;
    expect(await why(box, 'pack')).toBe(`pack is stale: it will run, because\n${chain(changed, changed)}\n${fine}`);
    await box.run(['run', 'p.yaml'], env);
    const cached = (await why(box, 'pack')).split('\n\n');
    expect(cached.slice(0, 3).join('\n\n')).toBe(
      `pack is cached since ${when}.\nIt ran in run 3, because\n${chain('ran in run 2', 'ran in run 2')}`
        .replace('repeat\n\n', 'repeat\nIt took SO LONG, THERE.\n\n')
        .trimEnd(),
    );
  });

  test('name the source file and the variable that changed, without its value', async ({ box }) => {
    await finished(box);
    box.write('words/end.ts', end('!'));
    expect(await states(box)).toBe(`task    state    why
──────  ───────  ──────────────────────────────────────────
read    cached
repeat  stale    code of stage repeat changed: words/end.ts
pack    waiting  waits for repeat
count   waiting  waits for pack

1 of 4 cached, 1 stale, 2 waiting
`);
    const source = '  source file words/end.ts: 1332771828ee → ef85518b0687\n';
    expect(await why(box, 'repeat')).toBe(`repeat is stale: it will run, because\n${source}\n${fine}`);
    box.write('words/end.ts', end('.'));
    expect(await states(box, secret)).toBe(`task    state    why
──────  ───────  ─────────────────────────────────
read    cached
repeat  cached
pack    stale    environment variable MODE changed
count   waiting  waits for pack

2 of 4 cached, 1 stale, 1 waiting
`);
    const variable = '  environment variable MODE changed\n';
    expect(await printed(box, ['why', 'p.yaml', 'pack'], secret)).toBe(
      `pack is stale: it will run, because\n${variable}\n${fine}`,
    );
  });

  test('name what is missing or damaged in the store', async ({ box }) => {
    await finished(box);
    const blob = realpathSync(box.path('artifacts/words/pack/pack/mode'));
    rmSync(blob, { force: true });
    const damagedStates = (what: string, rule: number) => `task    state    why
──────  ───────  ${'─'.repeat(rule)}
read    cached
repeat  cached
pack    missing  ${what}
count   waiting  waits for pack

2 of 4 cached, 1 missing, 1 waiting
`;
    const gone = 'output "pack" (mode) is missing from the store (sha256:3d3bd5f0)';
    expect(await states(box)).toBe(damagedStates(gone, gone.length));
    expect(await why(box, 'pack')).toBe(`pack is missing: it will run, because\n  ${gone}\n\n${fine}`);
    const damaged = 'output "pack" (mode) was damaged in the store and has been set aside (sha256:3d3bd5f0)';
    for (const look of [
      async () => expect(await states(box)).toBe(damagedStates(damaged, damaged.length)),
      async () => expect(await why(box, 'pack')).toBe(`pack is missing: it will run, because\n  ${damaged}\n\n${fine}`),
    ]) {
      await box.run(['run', 'p.yaml'], env);
      chmodSync(blob, 0o644);
      writeFileSync(blob, 'another text');
      await look();
    }
    await box.run(['run', 'p.yaml'], env);
    rmSync(await recordOf(box, 'read'));
    const record = 'the record of its last run is missing or damaged';
    expect(await states(box)).toBe(`task    state    why
──────  ───────  ${'─'.repeat(record.length)}
read    missing  ${record}
repeat  waiting  waits for read
pack    waiting  waits for repeat
count   waiting  waits for pack

0 of 4 cached, 1 missing, 3 waiting
`);
    expect(await why(box, 'read')).toBe(`read is missing: it will run, because\n  ${record}\n`);
  });
});

describe.concurrent('diff and graph', () => {
  test('compare runs by parameters, inputs, code and metrics', async ({ box }) => {
    await finished(box);
    expect(await printed(box, ['diff', 'p.yaml'])).toBe(
      'There are no two runs that differ. Compare with the pipeline as it is now: npx spikeline diff p.yaml RUN now\n',
    );
    expect(await box.run(['diff', 'p.yaml', '--json'])).toEqual({
      ...{ code: 0, out: 'null\n' },
      err: expect.stringContaining('There are no two runs that differ.'),
    });
    await box.run(['run', 'p.yaml', '--set', 'times=5'], env);
    await box.run(['run', 'p.yaml', '--set', 'times=5'], env);
    expect(
      await printed(box, ['diff', 'p.yaml', '--list']),
    ).toBe(`run  finished                 ran  cached  failed  skipped  call
───  ───────────────────────  ───  ──────  ──────  ───────  ─────────────
  1  ${when}    4       0       0        0
  2  ${when}    3       1       0        0  --set times=5
`);
    expect(JSON.parse(await printed(box, ['diff', 'p.yaml', '--list', '--json']))).toMatchObject([
      { run: 1, ran: 4, cached: 0, call: '' },
      { run: 2, ran: 3, cached: 1, call: '--set times=5' },
    ]);
    expect(await printed(box, ['diff', 'p.yaml'])).toBe(`run 1 (${when}) → run 2 (${when}, --set times=5)

repeat: 1 changed
  change                  run 1  run 2
  ──────────────────────  ─────  ─────
  parameter format.times  2      5

  task    metric      run 1  run 2  difference
  ──────  ──────────  ─────  ─────  ──────────
  repeat  characters     20     50         +30

pack: 1 changed
  change      run 1         run 2
  ──────────  ────────────  ────────────
  input text  954822ecd5d0  eb1ec0050287

count: 1 changed
  change      run 1         run 2
  ──────────  ────────────  ────────────
  input pack  e2de2581e474  b0d450368063

the same: read (1)
`);
    box.write('words/end.ts', end('!'));
    expect(await printed(box, ['diff', 'p.yaml', '1', 'now'])).toBe(`run 1 (${when}) → now

repeat: 1 changed
  change                    run 1         now
  ────────────────────────  ────────────  ────────────
  source file words/end.ts  1332771828ee  ef85518b0687

pack
  not compared, because waits for others now: pack

count
  not compared, because waits for others now: count

the same: read (1)
`);
    expect(JSON.parse(await printed(box, ['diff', 'p.yaml', '1', '2', '--json']))).toMatchObject({
      from: { run: 1, interrupted: false },
      to: { run: 2, set: ['times=5'] },
      stages: [{ stage: 'read', same: 1 }, { stage: 'repeat', same: 0 }, { stage: 'pack' }, { stage: 'count' }],
    });
    expect(await box.run(['diff', 'p.yaml', '7'])).toEqual({
      ...{ code: 2, out: '' },
      err: 'words has no run "7".\n  hint: its runs: npx spikeline diff p.yaml --list; the pipeline as it is now: now\n',
    });
  });

  test('draw the pipeline', async ({ box }) => {
    await finished(box);
    box.write('p.yaml', pipeline.replace('times: 2', 'times: 3'));
    expect(await printed(box, ['graph', 'p.yaml'])).toBe(`---
title: "words"
---
flowchart TD
  n0["<b>read</b><br/>command<br/>cached"]:::cached
  n1["<b>repeat</b><br/>./repeat.ts<br/>stale"]:::stale
  n2["<b>pack</b><br/>command<br/>waiting"]:::waiting
  n3["<b>count</b><br/>command<br/>waiting"]:::waiting
  n0 --> n1
  n1 --> n2
  n2 --> n3
  classDef cached fill:#cdeee3,stroke:#009E73,color:#222222,stroke-width:2px
  classDef stale fill:#fbe9c0,stroke:#E69F00,color:#222222,stroke-width:2px
  classDef waiting fill:#d9eefb,stroke:#56B4E9,color:#222222,stroke-width:2px
`);
    expect(await printed(box, ['graph', 'p.yaml', '--tasks', '-o', 'words.svg'])).toBe('Wrote words.svg: 4 tasks.\n');
    expect(box.read('words.svg')).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(await box.run(['graph', 'p.yaml', '--format', 'png'])).toEqual({
      ...{ code: 2, out: '', err: 'There is no format "png".\n  hint: known: mermaid, dot, svg\n' },
    });
    expect(await box.run(['graph', 'p.yaml', '-o', 'no/words.dot'])).toEqual({
      ...{ code: 2, out: '', err: "no/words.dot can't be written: its folder does not exist.\n" },
    });
  });
});
