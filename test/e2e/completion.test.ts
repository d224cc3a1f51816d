import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { pipeline, prepare } from './completion-project.js';
import { type Sandbox, test } from './program.js';

/** What bash puts in place of the current word, as it asks for it in the middle of each line. */
async function inBash(box: Sandbox, lines: readonly string[]): Promise<Record<string, string[]>> {
  const { out } = await box.run(['completion', 'bash']);
  box.write('completion.bash', out);
  const script = `. ./completion.bash
for line in "$@"; do
  COMP_LINE=$line COMP_POINT=\${#line} COMP_WORDS=($line) COMPREPLY=()
  cd "$FOLDER"; _spikeline
  printf '%s\\t' "\${COMPREPLY[@]}"; echo
done`;
  const { stdout } = spawnSync('bash', ['-c', script, 'bash', ...lines], {
    cwd: box.folder,
    encoding: 'utf8',
    env: { ...process.env, FOLDER: box.folder },
  });
  const answers = stdout.split('\n').map((line) => line.split('\t').filter((word) => word !== ''));
  return Object.fromEntries(lines.map((line, i) => [line, answers[i]!]));
}

describe.concurrent('completion', () => {
  test('of bash knows commands, files, targets, axes, profiles and params', async ({ box }) => {
    prepare(box);
    const expected = {
      'spikeline ru': ['run'],
      'npx spikeline pla': ['plan'],
      'spikeline run ': ['my\\ pipe:line.yaml', 'node_modules/', 'p.yaml', 'sub/'],
      'spikeline run my\\ pipe:line.yaml da': ['data'],
      'spikeline run sub/': ['sub/other.yml'],
      'spikeline run p.yaml t': ['train', 'train@'],
      'spikeline run p.yaml train@': ['size=', 'noise='],
      // Behind the last `=`, where bash begins a word.
      'spikeline run p.yaml train@size=': [
        ...['small', 'very-large-69a1f9a3', 'a-b-8cc85723'],
        ...['small,', 'very-large-69a1f9a3,', 'a-b-8cc85723,'],
      ],
      'spikeline run p.yaml train@size=small,noise=': ['0', '0.5'],
      "spikeline run p.yaml 'train@noise=0.": ['train@noise=0.5', 'train@noise=0.5,'],
      'spikeline run p.yaml --prof': ['--profile'],
      'spikeline run p.yaml --profile ': ['smoke', 'two\\ words', 'x:y'],
      // A colon begins a word, too.
      'spikeline run p.yaml --profile x:': ['y'],
      "spikeline run p.yaml --profile 'two w": ['two words'],
      'spikeline run p.yaml --set ': ['size=', 'noise=', 'epochs='],
      'spikeline run p.yaml --set size=': ['small', 'very\\ large', 'a:b'],
      'spikeline run p.yaml --reporter ': ['auto', 'plain', 'json'],
      'spikeline plan p.yaml --force d': ['data'],
      'spikeline cache pu': ['push', 'pull'],
      'spikeline init --template ow': ['own-data'],
      'spikeline stages snn-c': ['snn-convert'],
      'spikeline run none.yaml x': [],
      'spikeline nothing ': [],
    };
    expect(await inBash(box, Object.keys(expected))).toEqual(expected);
  });

  test('runs nothing of what is typed, and of a pipeline with mistakes says what it knows', async ({ box }) => {
    prepare(box);
    mkdirSync(box.path('wrong'));
    box.write('wrong/p.yaml', `${pipeline}  broken: {`);
    const answers = await inBash(box, ['spikeline run $(touch bad) `touch bad` ', 'spikeline run wrong/p.yaml t']);
    expect(Object.values(answers).flat()).toEqual([]);
    expect(box.has('bad')).toBe(false);
  });

  test('prints scripts of three shells, and says so of others', async ({ box }) => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { out } = await box.run(['completion', shell]);
      expect(out).toContain(`spikeline completion ${shell}`);
    }
    expect(await box.run(['completion', 'tcsh'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('There is no completion for "tcsh".\n'),
    });
    const described = await box.run(['completion', 'fish', '--line', 'spikeline pla']);
    expect(described.out).toBe('plan\tshow what would run, in order, and why\n');
  });
});
