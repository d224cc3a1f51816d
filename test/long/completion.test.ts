// Completion by the real shells; that of bash is in test/e2e.
import { spawnSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { prepare } from '../e2e/completion-project.js';
import { type Sandbox, test } from '../e2e/program.js';

const has = (shell: string) => spawnSync(shell, ['--version']).status === 0;

/** What a shell writes that is asked for each of these lines. */
function ask(box: Sandbox, shell: string, options: readonly string[], lines: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(shell, [...options, ...lines], {
    cwd: box.folder,
    encoding: 'utf8',
    env: { ...process.env, HOME: box.folder, TERM: 'dumb' },
    timeout: 300_000,
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

/**
 * An interactive zsh on a terminal of its own, in which each line is typed, and Tab after it. Prints what there was to choose
 * from, a line each, and what the line became.
 */
// Ready is who edits a line: what is typed before may get lost. What is read for is not in what is typed, which a terminal repeats.
const zshDriver = `zmodload zsh/zpty
zpty z 'zsh -f -i'
zpty -w z 'PS1= PS2= RPS1=; autoload -Uz compinit; fpath=($PWD/functions $fpath); compinit -u -D; [ ! -e completion.zsh ] || . ./completion.zsh'
zpty -w z 'compadd() { local -a found; builtin compadd -O found "$@"; print -rl -- $found >> "$PWD/found.txt"; builtin compadd "$@"; }'
zpty -w z 'show() { print -rn -- "<<""<$BUFFER>>"">"; BUFFER= ; }; zle -N show; bindkey "^X" show; zle-line-init() { print -rn READY''!; }; zle -N zle-line-init'
zpty -r -m z out '*READY!*'
for line in "$@"; do
  : > found.txt
  zpty -w -n z "$line"$'\\t\\x18'
  zpty -r -m z out '*<<<*>>>*'
  print -r -- "\${(j:|:)\${(f)"$(<found.txt)"}}"$'\\t'"\${\${out##*<<<}%%>>>*}"
done
`;

/** By line: what may follow, and what the line becomes. */
async function inZsh(box: Sandbox, lines: readonly string[]): Promise<Record<string, [string[], string]>> {
  box.write('driver.zsh', zshDriver);
  const answers = ask(box, 'zsh', ['-f', 'driver.zsh'], lines).split('\n');
  return Object.fromEntries(
    lines.map((line, i) => {
      const [found = '', after = ''] = answers[i]!.split('\t');
      return [line, [found === '' ? [] : found.split('|'), after]];
    }),
  );
}

describe.runIf(has('zsh'))('completion of zsh', () => {
  test('knows commands, files, targets, axes, profiles and params, and quotes what has to be', async ({ box }) => {
    prepare(box);
    box.write('completion.zsh', (await box.run(['completion', 'zsh'])).out);
    const expected: Record<string, [string[], string]> = {
      'spikeline ru': [['run'], 'spikeline run '],
      'npx spikeline pla': [['plan'], 'npx spikeline plan '],
      'spikeline run p': [['p.yaml'], 'spikeline run p.yaml '],
      'spikeline run sub': [['sub/'], 'spikeline run sub/'],
      'spikeline run my': [['my pipe:line.yaml'], 'spikeline run my\\ pipe:line.yaml '],
      'spikeline run my\\ pipe:line.yaml da': [['data'], 'spikeline run my\\ pipe:line.yaml data '],
      'spikeline run p.yaml t': [['train', 'train@'], 'spikeline run p.yaml train'],
      'spikeline run p.yaml train@s': [['train@size='], 'spikeline run p.yaml train@size='],
      'spikeline run p.yaml train@size=small,noise=0.': [
        ['train@size=small,noise=0.5'],
        'spikeline run p.yaml train@size=small,noise=0.5 ',
      ],
      'spikeline run p.yaml --profile ': [['smoke', 'two words', 'x:y'], 'spikeline run p.yaml --profile '],
      'spikeline run p.yaml --profile x:': [['x:y'], 'spikeline run p.yaml --profile x:y '],
      'spikeline run p.yaml --profile tw': [['two words'], 'spikeline run p.yaml --profile two\\ words '],
      "spikeline run p.yaml --profile 'two w": [['two words'], "spikeline run p.yaml --profile 'two words' "],
      'spikeline run p.yaml --set size=very\\ ': [['size=very large'], 'spikeline run p.yaml --set size=very\\ large '],
      'spikeline run p.yaml --set "size=very l': [['size=very large'], 'spikeline run p.yaml --set "size=very large" '],
      'spikeline run p.yaml --set size=a:': [['size=a:b'], 'spikeline run p.yaml --set size=a:b '],
      'spikeline run none.yaml x': [[], 'spikeline run none.yaml x'],
      'spikeline run $(touch bad) `touch bad` ': [[], 'spikeline run $(touch bad) `touch bad` '],
    };
    expect(await inZsh(box, Object.keys(expected))).toEqual(expected);
    expect(box.has('bad')).toBe(false);
  });

  test('is found as a file of fpath, too', async ({ box }) => {
    prepare(box);
    box.write('functions/_spikeline', (await box.run(['completion', 'zsh'])).out);
    expect(await inZsh(box, ['spikeline ru', 'spikeline pla'])).toEqual({
      'spikeline ru': [['run'], 'spikeline run '],
      'spikeline pla': [['plan'], 'spikeline plan '],
    });
  });
});

describe.runIf(has('fish'))('completion of fish', () => {
  test('knows commands, files, targets, axes, profiles and params', async ({ box }) => {
    prepare(box);
    box.write('completion.fish', (await box.run(['completion', 'fish'])).out);
    box.write('ask.fish', 'source completion.fish\nfor line in $argv\n  complete -C $line\n  echo .\nend\n');
    const expected: Record<string, string[]> = {
      'spikeline ru': ['run\trun what is out of date'],
      'npx spikeline pla': ['plan\tshow what would run, in order, and why'],
      'spikeline run ': ['my pipe:line.yaml', 'node_modules/', 'p.yaml', 'sub/'],
      'spikeline run sub/': ['sub/other.yml'],
      'spikeline run my\\ pipe:line.yaml da': ['data\t1 task'],
      'spikeline run p.yaml t': ['train\t6 tasks', 'train@'],
      'spikeline run p.yaml train@': ['train@noise=', 'train@size='],
      'spikeline run p.yaml train@size=small,noise=0.': ['train@size=small,noise=0.5'],
      'spikeline run p.yaml --profile ': ['smoke', 'two words', 'x:y'],
      'spikeline run p.yaml --profile x:': ['x:y'],
      "spikeline run p.yaml --profile 'two w": ['two words'],
      'spikeline run p.yaml --profile two\\ w': ['two words'],
      'spikeline run p.yaml --set size=v': ['size=very large'],
      'spikeline run p.yaml --set size=a:': ['size=a:b'],
      'spikeline run none.yaml x': [],
      'spikeline run $(touch bad) ': [],
    };
    const lines = Object.keys(expected);
    const answers = ask(box, 'fish', ['--no-config', 'ask.fish'], lines).split('.\n');
    expect(Object.fromEntries(lines.map((line, i) => [line, answers[i]!.split('\n').filter(Boolean).sort()]))).toEqual(
      expected,
    );
    expect(box.has('bad')).toBe(false);
  });
});
