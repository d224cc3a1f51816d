import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { test } from './program.js';

/** All that must not come out; line feeds and tabs aside. */
const obeyed = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069]/;

const hostile = '\\e[31mred\\e]0;title\\a\\u009b2J\\u202eevil\\rover';
const pipeline = `name: h
description: "${hostile}"
axes: { v: ["${hostile}", "plain"] }
params: { p: "${hostile}" }
stages:
  s:
    run: [node, -e, 'console.log(process.argv[1]); require("fs").writeFileSync(process.argv[2], JSON.stringify({ m: process.argv[1], n: 1 }))', "\${{ v }}", "\${{ outputs.metrics }}"]
    over: [v]
    outputs: { metrics: metrics.json }
  bad: { run: [sh, -c, 'printf "\\033[31mno\\r\\302\\233 way\\n"; exit 3'], outputs: { x: x } }
  code: { uses: ./code.mjs }
expect: [{ stage: s, metric: n, max: 0, source: "${hostile}" }]
`;

const stage = `import { defineStage, UserError, Type } from 'spikeline';
export default defineStage({
  name: 'code', summary: 'Fails', parameters: Type.Object({}), inputs: {}, outputs: { x: { description: 'x', path: 'x' } },
  async run() { throw new UserError('E_X\`<b>\\n::error::evil', 'no\\n::error::evil<b>'); },
});
`;

describe.concurrent('what a terminal obeys', () => {
  test('reaches none, from no name, value, source or log', async ({ box }) => {
    box.write('p.yaml', pipeline);
    box.write('code.mjs', stage);
    const summary = box.path('summary.md');
    const shown: string[] = [];
    const call = async (...args: string[]) => {
      const { out, err } = await box.run(args, { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary });
      expect([args[0], obeyed.exec(out + err)]).toEqual([args[0], null]);
      shown.push(out);
      return out;
    };
    await call('run', 'p.yaml', '--keep-going');
    await call('run', 'p.yaml', '--keep-going', '--reporter', 'json');
    for (const args of [['status'], ['plan'], ['show'], ['show', '--csv'], ['show', '--md'], ['show', '--json']])
      await call(args[0]!, 'p.yaml', ...args.slice(1));
    await call('check', 'p.yaml', '--junit', 'check.xml');
    await call('graph', 'p.yaml', '--tasks', '-o', 'graph.svg');
    await call('run', '\x1b[31m.yaml');
    box.write('wrong.yaml', 'name: w\nstages: { "\\e[31m": { uses: "\u009b\u202e" } }\n');
    await call('validate', 'wrong.yaml');
    for (const file of ['summary.md', 'check.xml', 'graph.svg']) expect(box.read(file)).not.toMatch(obeyed);
    // Nor does GitHub obey it: neither in a line of the log nor in the summary, whatever a stage calls its error.
    expect(shown[0]).not.toMatch(/^\s*::error::/m);
    expect(box.read('summary.md')).toContain('- **code** failed: no␊::error::evil\\<b\\> `E_STAGE`\n');
    // It was there to be shown.
    expect(shown.join('')).toContain('␛[31mred');
    const log = await box.run(['log', 'p.yaml', 'bad']);
    // What comes after the control character is the rest of its sequence.
    expect(log.out).toBe('no\nay\n');
    const raw = await box.run(['log', 'p.yaml', 'bad', '--raw']);
    expect(raw.out).toBe('\x1b[31mno\r\u009b way\n');
    expect(readdirSync(box.path('artifacts/h/.logs')).length).toBe(4);
    expect(readFileSync(box.path('artifacts/h/.logs/bad.log'), 'utf8')).toBe(raw.out);
  });
});
