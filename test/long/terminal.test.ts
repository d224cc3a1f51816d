// What people see: the panes of a real terminal, by tmux.
import { describe, expect } from 'vitest';
import { test, until } from '../e2e/program.js';
import { hasTmux, Pane } from './pane.js';

const pipeline = `name: panes
axes: { size: [very-very-long-name-of-a-first-value, another-very-long-name-of-a-value] }
stages:
  first:
    run: 'while [ ! -e go ]; do sleep 0.1; done; echo \${{ size }} > \${{ outputs.done }}'
    over: [size]
    outputs: { done: done.txt }
  second: { run: 'cp \${{ inputs.a }} \${{ outputs.done }}', over: [size], inputs: { a: first }, outputs: { done: done.txt } }
`;

/** Without what moves. */
const steady = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/, '*').replaceAll(/\d+(\.\d+)? s\b/g, 'N s'));

/** Words of a pane that are in no line of what a run without a terminal prints. Times are others, and rules as long as columns are wide. */
function brokenWords(shown: string, out: string): readonly string[] {
  const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== '' && !/^(─.*|[\d.]+)$/.test(word));
  const known = new Set(wordsOf(out));
  // As it is where lines are as long as they are; what is longer than a line may be broken, by the terminal.
  const isPart = (word: string) => [...known].some((whole) => whole.length > 20 && whole.includes(word));
  return wordsOf(shown).filter((word) => !known.has(word) && !isPart(word));
}

describe.runIf(hasTmux)('in a terminal', () => {
  test.for([40, 80, 120])('of %i columns nothing wraps, and what waits stands still', async (width, { box }) => {
    box.write('p.yaml', pipeline);
    const pane = Pane.running(box, width, 'run p.yaml --jobs 1');
    try {
      await until(() => pane.lines.some((line) => line.includes('1 running')), 'a task runs');
      const before = steady(pane.lines);
      expect(before).toHaveLength(4);
      expect(before[0]).toBe('* first  0/2');
      expect(before[1]).toMatch(
        /^ {2}› size=\S*…\S* {2}never run|^ {2}› size=very-very-long-name-of-a-first-value {2}never run here$/,
      );
      expect(before.slice(2)).toEqual(['◼ second  2 tasks', '* 0/4 done, 1 running, N s']);
      pane.resize(width - 10);
      await until(() => pane.lines.length === 4 && pane.lines.at(-1)!.includes('running'), 'it is drawn anew');
      box.write('go', '');
      await until(() => pane.lines.join('\n').includes('panes: ran 4'), 'it is done');
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
      const pane = Pane.running(box, width, `${args}; echo ended`);
      try {
        await until(() => pane.lines.includes('ended'), 'it has ended');
        expect([args, brokenWords(pane.lines.slice(0, -1).join('\n'), out)]).toEqual([args, []]);
      } finally {
        pane.close();
      }
    };
    await look(commands[0]!);
    expect((await box.run(['run', 'p.yaml'])).code).toBe(0);
    for (const command of commands.slice(1)) await look(command);
  });

  test.for([40, 80, 120])(
    'of %i columns a failed run says what failed in whole words, and calls that can be copied',
    async (width, { box }) => {
      box.write(
        'p.yaml',
        `name: failing
axes: { size: [small, rather-large] }
stages:
  bad: { run: 'echo the file that was asked for does not hold what it should; exit 3', over: [size], outputs: { y: y } }
  after: { run: 'true', inputs: { a: bad }, over: [size], outputs: { x: x } }
`,
      );
      const args = ['run', 'p.yaml', '--keep-going'];
      const { out } = await box.run(args);
      const pane = Pane.running(box, width, `${args.join(' ')}; echo ended`);
      try {
        await until(() => pane.lines.includes('ended'), 'it has ended');
        // Rows of the view are cut, not broken; what is told below them is told whole.
        const [, told = ''] = pane.written.join('\n').split(/^bad@size=small failed|^ended/m);
        expect(told).toContain('[E_COMMAND]');
        expect(steady(pane.written)).toContain('✖ 0/4 done, 2 failed, 2 skipped, N s');
        const isCall = (line: string) => line.includes('npx spikeline log');
        const calls = pane.written.filter(isCall);
        // What a task wrote is shown as it wrote it.
        const ours = told.split('\n').filter((line) => !isCall(line) && !/^ *\|/.test(line));
        for (const line of ours) expect(line.length <= width).toBe(true);
        const call = (size: string) => `npx spikeline log p.yaml bad@size=${size}`;
        const shown = (size: string) => (width === 40 ? `    ${call(size)}` : `  log:  ${call(size)}`);
        expect(calls).toEqual([shown('small'), shown('rather-large')]);
        expect(brokenWords(told, out)).toEqual([]);
      } finally {
        pane.close();
      }
    },
  );

  test.for([40, 80, 120])(
    'of %i columns Ctrl-C leaves a call to copy that only the terminal breaks',
    async (width, { box }) => {
      box.write('p.yaml', pipeline);
      const call = "npx spikeline run p.yaml --set 'size=[a-first-value, another-value]'";
      const pane = Pane.running(box, width, call.replace('npx spikeline ', ''));
      try {
        await until(() => pane.lines.some((line) => line.includes('running')), 'a task runs');
        pane.press('C-c');
        await until(() => pane.lines.join('\n').includes('npx spikeline run'), 'it has ended');
        const written = steady(pane.written);
        expect(written).toContain('↓ 0/4 done, 4 skipped, N s');
        // Nor is any stage that was to come after it.
        expect(written.filter((line) => line.startsWith('✔'))).toEqual([]);
        const end = written.slice(written.findIndex((line) => line.startsWith('panes: ')));
        const told = 'Finished work is kept. Continue with:';
        expect(end.slice(0, width === 40 ? 4 : 3)).toEqual(
          {
            40: ['panes: ran 0, cached 0, failed 0,', '  skipped 4 in N s (interrupted)', told, call],
            80: ['panes: ran 0, cached 0, failed 0, skipped 4 in N s (interrupted)', told, call],
            120: ['panes: ran 0, cached 0, failed 0, skipped 4 in N s (interrupted)', `${told} ${call}`, ''],
          }[width],
        );
      } finally {
        pane.close();
      }
    },
  );

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
    const pane = Pane.running(box, 80, 'run p.yaml --jobs 1');
    try {
      await until(() => pane.lines.some((line) => /1 running, .* left/.test(line)), 'the time left is told');
    } finally {
      pane.close();
    }
  });
});
