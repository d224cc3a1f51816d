// What people see: the panes of a real terminal, by tmux.
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { type Sandbox, test, until } from '../e2e/program.js';

const hasTmux = spawnSync('tmux', ['-V']).status === 0;

const pipeline = `name: panes
axes: { size: [very-very-long-name-of-a-first-value, another-very-long-name-of-a-value] }
stages:
  first:
    run: 'while [ ! -e go ]; do sleep 0.1; done; echo \${{ size }} > \${{ outputs.done }}'
    over: [size]
    outputs: { done: done.txt }
  second: { run: 'cp \${{ inputs.a }} \${{ outputs.done }}', over: [size], inputs: { a: first }, outputs: { done: done.txt } }
`;

class Pane {
  readonly #server = `spikeline-${process.pid}-${Math.random().toString(36).slice(2)}`;

  constructor(
    readonly box: Sandbox,
    width: number,
    args: string,
  ) {
    const command = `cd '${box.folder}'; env -u CI TERM=xterm-256color LANG=C.UTF-8 '${process.execPath}' '${box.program}' ${args}; sleep 60`;
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(width), '-y', '60', '-s', 'pane', command);
  }

  get lines(): readonly string[] {
    return this.#tmux('capture-pane', '-p', '-t', 'pane').trimEnd().split('\n');
  }

  resize(width: number): void {
    this.#tmux('resize-window', '-t', 'pane', '-x', String(width));
  }

  close(): void {
    this.#tmux('kill-server');
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.#server, ...args], {
      encoding: 'utf8',
      env: { ...process.env, LANG: 'C.UTF-8' },
    });
  }
}

/** Without what moves. */
const steady = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/, '*').replaceAll(/\d+(\.\d+)? s\b/g, 'N s'));

describe.runIf(hasTmux)('in a terminal', () => {
  test.for([40, 80, 120])('of %i columns nothing wraps, and what waits stands still', async (width, { box }) => {
    box.write('p.yaml', pipeline);
    const pane = new Pane(box, width, 'run p.yaml --jobs 1');
    try {
      await until(() => pane.lines.some((line) => line.includes('1 running')), 'a task runs', 30);
      const before = steady(pane.lines);
      expect(before).toHaveLength(4);
      expect(before[0]).toBe('* first  0/2');
      expect(before[1]).toMatch(
        /^ {2}› size=\S*…\S* {2}never run|^ {2}› size=very-very-long-name-of-a-first-value {2}never run here$/,
      );
      expect(before.slice(2)).toEqual(['◼ second  2 tasks', '* 0/4 done, 1 running, N s']);
      pane.resize(width - 10);
      await until(() => pane.lines.length === 4 && pane.lines.at(-1)!.includes('running'), 'it is drawn anew', 30);
      box.write('go', '');
      await until(() => pane.lines.join('\n').includes('panes: ran 4'), 'it is done', 30);
      expect(steady(pane.lines).slice(0, 4)).toEqual([
        '✔ first  2 ran, N s',
        '✔ second  2 ran, N s',
        '✔ 4/4 done, N s',
        '',
      ]);
    } finally {
      pane.close();
    }
  });

  test.for([40, 80, 120])('of %i columns tables and plans are broken between words', async (width, { box }) => {
    const commands = ['plan p.yaml', 'show p.yaml --runs --pareto accuracy,-sops', 'stages'];
    const sizes = ['a-first-value', 'another-value', 'one-more-of-them'];
    box.write(
      'p.yaml',
      `name: words
axes: { size: [${sizes.join(', ')}] }
stages:
  first: { run: 'echo 1 > \${{ outputs.done }}', over: [size], outputs: { done: done.txt } }
  second: { run: [node, -e, "fs.writeFileSync(process.argv[2], JSON.stringify({ accuracy: 0.5, sops: 100, spikesPerImage: 12345678 }))", "\${{ size }}", "\${{ outputs.metrics }}"], over: [size], inputs: { a: first }, outputs: { metrics: metrics.json } }
`,
    );
    const look = async (args: string) => {
      const { out } = await box.run(args.split(' '));
      const pane = new Pane(box, width, `${args}; echo ended`);
      try {
        await until(() => pane.lines.includes('ended'), 'it has ended', 30);
        // Rules are as long as columns are wide.
        const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== '' && !word.startsWith('─'));
        const known = new Set(wordsOf(out));
        const shown = wordsOf(pane.lines.slice(0, -1).join('\n'));
        // As it is where lines are as long as they are; what is longer than a line may be broken.
        const broken = shown.filter(
          (word) => !known.has(word) && ![...known].some((whole) => whole.length > 20 && whole.includes(word)),
        );
        expect([args, broken]).toEqual([args, []]);
      } finally {
        pane.close();
      }
    };
    await look(commands[0]!);
    expect((await box.run(['run', 'p.yaml'])).code).toBe(0);
    for (const command of commands.slice(1)) await look(command);
  });

  test('says how long is left before anything of a run has ended, by what earlier runs took', async ({ box }) => {
    const file = (values: string) => `name: left
axes: { n: ${values} }
stages:
  a: { run: 'while [ -e wait ]; do sleep 0.1; done; sleep 1; echo \${{ n }} > \${{ outputs.x }}', over: [n], outputs: { x: x } }
`;
    box.write('p.yaml', file('[1]'));
    await box.run(['run', 'p.yaml']);
    box.write('p.yaml', file('[1, 2, 3]'));
    box.write('wait', '');
    const pane = new Pane(box, 80, 'run p.yaml --jobs 1');
    try {
      await until(() => pane.lines.some((line) => /1 running, .* left/.test(line)), 'the time left is told', 30);
    } finally {
      pane.close();
    }
  });
});
