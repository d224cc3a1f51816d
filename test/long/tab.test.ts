// Tab as people press it: in each shell, with its own line editor, on a real terminal.
import { spawnSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { prepare } from '../e2e/completion-project.js';
import { type Sandbox, test, until } from '../e2e/program.js';
import { hasTmux, Pane } from './pane.js';

interface Shell {
  readonly name: string;
  /** Where its users say what it is to do at each start, and what it needs beside the script of completion. */
  readonly file: string;
  readonly before: string;
  readonly call: string;
  /** What has to be pressed to see what there is to choose from. */
  readonly list: readonly string[];
}

const shells: readonly Shell[] = [
  {
    ...{ name: 'bash', file: '.bashrc', before: "PS1='> '\nbind 'set bell-style none'" },
    ...{ call: 'bash --noprofile -i', list: ['Tab', 'Tab'] },
  },
  {
    ...{ name: 'zsh', file: '.zshrc', before: "PS1='> '\nautoload -Uz compinit\ncompinit -u -D" },
    ...{ call: 'zsh -i', list: ['Tab'] },
  },
  {
    ...{ name: 'fish', file: '.config/fish/conf.d/spikeline.fish' },
    before: "set fish_greeting ''\nfunction fish_prompt; echo '> '; end",
    ...{ call: 'fish -i', list: ['Tab'] },
  },
];

const isThere = ({ name }: Shell) => hasTmux && spawnSync(name, ['--version']).status === 0;

/** The shell at its first prompt, with completion as its help says to install it. */
async function open(box: Sandbox, { name, file, before, call }: Shell): Promise<Pane> {
  prepare(box);
  box.write(file, `${before}\n${(await box.run(['completion', name])).out}`);
  const home = `HOME='${box.folder}' ZDOTDIR='${box.folder}' XDG_CONFIG_HOME='${box.path('.config')}'`;
  const path = `PATH='${box.path('node_modules/.bin')}':"$PATH"`;
  const pane = new Pane(box, 80, `env -u CI ${home} ${path} TERM=xterm-256color LANG=C.UTF-8 ${call}`);
  await until(() => pane.lines.at(-1) === '>', `${name} is ready`);
  return pane;
}

/** The line that is being typed. */
const typed = (pane: Pane) => pane.lines.findLast((line) => line.startsWith('> ')) ?? '';

describe.each(shells.filter(isThere))('Tab in $name', (shell) => {
  test('ends what is begun, and what it makes of a line runs', async ({ box }) => {
    const pane = await open(box, shell);
    try {
      pane.type('spikeline pl');
      pane.press('Tab');
      await until(() => typed(pane) === '> spikeline plan', 'a command is ended');
      pane.type('p.yaml --profile tw');
      pane.press('Tab');
      await until(() => typed(pane).endsWith('--profile two\\ words'), 'a name of two words is ended');
      pane.type('da');
      pane.press('Tab');
      await until(() => typed(pane).endsWith('two\\ words data'), 'a stage is ended');
      pane.press('Enter');
      await until(() => pane.lines.includes('1 to run, 0 cached'), 'the line has run');
    } finally {
      pane.close();
    }
  });

  test('shows what there is to choose from', async ({ box }) => {
    const pane = await open(box, shell);
    const shows = (words: readonly string[]) => {
      const shown = pane.lines.join('\n');
      return words.every((word) => shown.includes(word));
    };
    const ask = async (line: string, words: readonly string[]) => {
      pane.type(line);
      for (const key of shell.list) pane.press(key);
      await until(() => shows(words), `${line}: ${words.join(', ')}`).catch((error: unknown) => {
        expect([error, pane.lines]).toEqual([]);
      });
      // Whatever a menu does with it, the line goes.
      pane.press('C-c');
      await until(() => pane.lines.at(-1) === '>', 'there is a new line');
      pane.press('C-l');
      await until(() => pane.lines.length === 1, 'it is the only one');
    };
    try {
      await ask('spikeline run p.yaml --profile ', ['smoke', 'words', 'x:y']);
      await ask('spikeline run p.yaml --set ', ['size=', 'noise=', 'epochs=']);
      await ask('spikeline run p.yaml train@', ['size=', 'noise=']);
      await ask('npx spikeline init --template ', ['quickstart', 'sweep', 'own-data', 'paper']);
    } finally {
      pane.close();
    }
  });
});
