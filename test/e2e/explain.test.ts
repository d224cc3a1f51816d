import { chmodSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Sandbox, test } from './program.js';

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

const env = { MODE: 'plain secret' };

/** A sandbox in which all of it has run. */
async function finished(box: Sandbox): Promise<void> {
  box.write('p.yaml', pipeline);
  box.write('data/in.txt', 'one two\n');
  box.write('repeat.ts', repeat);
  box.write('words/end.ts', "export const end = '.\\n';\n");
  expect((await box.run(['run', 'p.yaml'], env)).code).toBe(0);
}

/** What a command prints, without what differs from run to run. */
async function printed(box: Sandbox, args: readonly string[], variables = env): Promise<string> {
  const { code, out, err } = await box.run(args, variables);
  expect([code, err]).toEqual([0, '']);
  return out
    .replaceAll(box.folder, '.')
    .replaceAll(realpathSync(box.folder), '.')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'WHEN')
    .replaceAll(/\d+(\.\d+)? s with \d+ threads? on .* \(Node .*, Spikeline .*\)/g, 'SO LONG, THERE')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'KEY');
}

async function states(box: Sandbox, variables = env): Promise<string> {
  return printed(box, ['status', 'p.yaml'], variables);
}

async function why(box: Sandbox, task: string, ...more: readonly string[]): Promise<string> {
  return printed(box, ['why', 'p.yaml', task, ...more]);
}

function recordOf(box: Sandbox, task: string): string {
  const { key } = JSON.parse(box.read(`artifacts/words/.tasks/${task}.json`)) as { key: string };
  return box.path(join('artifacts/store/records', key.slice(0, 2), `${key}.json`));
}

describe.concurrent('x', () => {
  test('x', async ({ box }) => {
    await finished(box);
    const log: string[] = [];
    log.push(await why(box, 'repeat'), await why(box, 'pack'), await states(box));
    box.write('p.yaml', pipeline.replace('times: 2', 'times: 3'));
    log.push('=== param', await states(box), await why(box, 'repeat'), await why(box, 'count'));
    box.write('p.yaml', pipeline);
    box.write('data/in.txt', 'three\n');
    log.push('=== file', await states(box), await why(box, 'read'), await why(box, 'count'));
    expect((await box.run(['run', 'p.yaml', 'repeat'], env)).code).toBe(0);
    log.push('=== file chain', await states(box), await why(box, 'pack'));
    expect((await box.run(['run', 'p.yaml'], env)).code).toBe(0);
    log.push('=== after',  await why(box, 'pack'));
    box.write('words/end.ts', "export const end = '!\\n';\n");
    log.push('=== code', await states(box), await why(box, 'repeat'));
    box.write('words/end.ts', "export const end = '.\\n';\n");
    log.push('=== env', await states(box, { MODE: 'x secret' }), await printed(box, ['why', 'p.yaml', 'pack'], { MODE: 'x secret' }));
    const pack = realpathSync(box.path('artifacts/words/pack/pack/mode'));
    rmSync(pack, { force: true });
    log.push('=== deleted', await states(box), await why(box, 'pack'), await why(box, 'count'));
    expect((await box.run(['run', 'p.yaml'], env)).code).toBe(0);
    chmodSync(pack, 0o644);
    writeFileSync(pack, 'plain Secret\n');
    log.push('=== damaged', await why(box, 'pack'), await states(box));
    expect((await box.run(['run', 'p.yaml'], env)).code).toBe(0);
    rmSync(recordOf(box, 'read'));
    log.push('=== record', await states(box), await why(box, 'read'), await why(box, 'repeat'));
    log.push('=== forced', await printed(box, ['run', 'p.yaml', '--force', 'repeat']), await why(box, 'repeat'));
    writeFileSync('/tmp/ex/log.txt', log.join('\n'));
    readdirSync('.'); readFileSync('package.json');
  });
});
