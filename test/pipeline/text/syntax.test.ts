import { describe, expect, it } from 'vitest';
import { lines, mistakes } from '../load.js';

/** What YAML can't read, in words for people who don't know its grammar. */
describe('syntax', () => {
  it.each([
    [
      'tabs',
      'name: x\nstages:\n\tdata:\n\t\tuses: dataset\n',
      `
      pipeline.yaml:3:1: error[E_YAML]: YAML must not be indented with tabs.
         3 | \tdata:
           | ^
        hint: indent with spaces
      `,
    ],
    [
      'a tab in the midst of spaces, with nothing that only follows from it',
      'name: x\nstages:\n  data:\n\tuses: dataset\n    with: { name: mnist }\n    over: [k]\n',
      `
      pipeline.yaml:4:1: error[E_YAML]: YAML must not be indented with tabs.
         4 | \tuses: dataset
           | ^
        hint: indent with spaces
      `,
    ],
    [
      'a colon that is missing behind a name',
      'name: x\nstages:\n  data: { uses: dataset }\n  ann { uses: ann-infer, inputs: { data: data } }\n\n  snn: { uses: snn-infer }\n',
      `
      pipeline.yaml:4:3: error[E_YAML]: After a key come a colon and a space.
         4 |   ann { uses: ann-infer, inputs: { data: data } }
           |   ^^^
        hint: write ann: {
      `,
    ],
    [
      'a brace that is not closed',
      'name: x\nstages:\n  data: { uses: dataset, with: { name: mnist }\n  own: { run: [x] }\n',
      `
      pipeline.yaml:3:9: error[E_YAML]: This { is never closed.
         3 |   data: { uses: dataset, with: { name: mnist }
           |         ^
        hint: add the } that belongs to it
      `,
    ],
    [
      'a quote that is not closed',
      'name: x\ndescription: "LeNet\nstages: {}\n',
      `
      pipeline.yaml:2:14: error[E_YAML]: This " is never closed.
         2 | description: "LeNet
           |              ^
        hint: add the " that belongs to it
      `,
    ],
    [
      'a bracket too many',
      'name: x\naxes: { a: [1, 2]] }\n',
      `
      pipeline.yaml:2:18: error[E_YAML]: This ] closes nothing.
         2 | axes: { a: [1, 2]] }
           |                  ^
      `,
    ],
    [
      'a colon in a text',
      "name: x\ndescription: LeNet: the paper's\nstages: {}\n",
      `
      pipeline.yaml:2:14: error[E_YAML]: This text holds a colon and a space, which makes YAML read it as a map.
         2 | description: LeNet: the paper's
           |              ^^^^^^^^^^^^^^^^^^
        hint: quote it: "LeNet: the paper's"
      `,
    ],
    [
      'a line in the wrong column',
      'name: x\nstages:\n  data:\n    uses: dataset\n   with: { name: mnist }\n',
      `
      pipeline.yaml:5:4: error[E_YAML]: This line begins in another column than the lines it belongs to.
         5 |    with: { name: mnist }
           |    ^^^^^^^^^^^^^^^^^^^^^
        hint: indent it as they are
      `,
    ],
    [
      'a line further in than the one before',
      'name: x\nstages:\n  data:\n    uses: dataset\n      with: { name: mnist }\n',
      `
      pipeline.yaml:5:7: error[E_YAML]: This line begins in another column than the lines it belongs to.
         5 |       with: { name: mnist }
           |       ^^^^^^^^^^^^^^^^^^^^^
        hint: indent it as they are
      `,
    ],
    [
      'a key without space',
      'name: x\nparams:\n  epochs:3\n  rate: 1\nstages: {}\n',
      `
      pipeline.yaml:3:3: error[E_YAML]: After a key come a colon and a space.
         3 |   epochs:3
           |   ^^^^^^^^
        hint: write epochs: 3
      `,
    ],
    [
      'a key without colon',
      'name: x\nstages\n  data: { uses: dataset }\n',
      `
      pipeline.yaml:2:1: error[E_YAML]: After a key come a colon and a space.
         2 | stages
           | ^^^^^^
        hint: write stages:
      `,
    ],
    [
      'a list on the line of its key',
      'name: x\naxes:\n  a: - 1\n',
      `
      pipeline.yaml:3:6: error[E_YAML]: A list begins on the line after its key.
         3 |   a: - 1
           |      ^
        hint: or write it as [a, b]
      `,
    ],
    [
      'a list beside keys',
      'name: x\n- stages\n',
      `
      pipeline.yaml:2:1: error[E_YAML]: A list stands beside keys here.
         2 | - stages
           | ^
        hint: indent it below its own key
      `,
    ],
    [
      'a missing comma',
      'name: x\nparams: { a: 1 b: 2 }\n',
      `
      pipeline.yaml:2:14: error[E_YAML]: Items inside { } or [ ] are separated by commas.
         2 | params: { a: 1 b: 2 }
           |              ^^^^^^
      `,
    ],
    [
      'a comma too many',
      'name: x\nparams: { a: 1,, b: 2 }\n',
      `
      pipeline.yaml:2:16: error[E_YAML]: There is one comma too many here.
         2 | params: { a: 1,, b: 2 }
           |                ^
      `,
    ],
    [
      'characters that mean something to YAML',
      'name: x\nparams:\n  a: @home\n  b: "C:\\dir"\n  c: !special\n',
      `
      pipeline.yaml:3:6: error[E_YAML]: A value can't begin with @.
         3 |   a: @home
           |      ^
        hint: quote it, such as '@home'

      pipeline.yaml:4:9: error[E_YAML]: \\d means nothing inside "double quotes".
         4 |   b: "C:\\dir"
           |         ^^
        hint: write \\\\ for a backslash, or use 'single quotes'

      pipeline.yaml:5:6: error[E_YAML]: The tag !special means nothing here.
         5 |   c: !special
           |      ^^^^^^^^
        hint: quote a text that begins with !
      `,
    ],
    [
      'a text after a quote',
      'name: x\ndescription: "LeNet" of the paper\n',
      `
      pipeline.yaml:2:22: error[E_YAML]: The value before has ended, and something follows.
         2 | description: "LeNet" of the paper
           |                      ^^^^^^^^^^^^
        hint: quote a text as a whole
      `,
    ],
    [
      'a star that is no alias',
      'name: x\nstages:\n  own: { run: [ls, *.txt] }\n',
      `
      pipeline.yaml:3:20: error[E_YAML]: There is no anchor "&.txt" above.
         3 |   own: { run: [ls, *.txt] }
           |                    ^^^^^
        hint: for the text itself, write '*.txt', quoted
      `,
    ],
    [
      'an alias inside of itself',
      'name: x\nparams: &a { b: *a }\n',
      `
      pipeline.yaml:2:17: error[E_YAML]: "*a" stands inside of what it stands for.
         2 | params: &a { b: *a }
           |                 ^^
      `,
    ],
    [
      'a map that is merged into itself, or with a mistake, where nothing else reads it',
      'name: x\nx-base: &base { a: 1, a: 2 }\nparams:\n  <<: &self { <<: *self }\nstages:\n  own: { <<: { run: [a], <<: 5 } }\n  two: { <<: *base }\n',
      `
      pipeline.yaml:2:23: error[E_DUPLICATE]: "a" is here twice.
         2 | x-base: &base { a: 1, a: 2 }
           |                       ^
        pipeline.yaml:2:17: "a" is first here
         2 | x-base: &base { a: 1, a: 2 }
           |                 ^
        hint: rename one of them, or remove it

      pipeline.yaml:4:19: error[E_YAML]: \`<<\` brings a map into itself.
         4 |   <<: &self { <<: *self }
           |                   ^^^^^

      pipeline.yaml:6:30: error[E_YAML]: \`<<\` takes a map, or a list of maps.
         6 |   own: { <<: { run: [a], <<: 5 } }
           |                              ^
        hint: such as <<: *base
      `,
    ],
    [
      'two documents',
      'name: x\n---\nname: y\n',
      `
      pipeline.yaml:2:1: error[E_YAML]: A second document begins here, and a pipeline is one.
         2 | ---
           | ^^^
        hint: remove the ---
      `,
    ],
    [
      'a map as key',
      '? { a: b }\n: c\n',
      `
      pipeline.yaml:1:3: error[E_YAML]: A key must be a plain word.
         1 | ? { a: b }
           |   ^^^^^^^^
      `,
    ],
  ])('%s', async (_, text, expected) => {
    expect(await mistakes(text)).toBe(lines(expected));
  });

  it('an expression over several lines of braces', async () => {
    const text = lines(`
      name: x
      params: { epochs: 1 }
      stages:
        train: {
          uses: train,
          with: {
            epochs: \${{ params.epochs }},
          },
        }
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:7:15: error[E_YAML_EXPRESSION]: An expression inside { } or [ ] must be quoted: YAML takes its braces for a map.
           7 |       epochs: \${{ params.epochs }},
             |               ^^^^^^^^^^^^^^^^^^^^
          hint: write '\${{ params.epochs }}', with the quotes
      `),
    );
    expect(await mistakes('${{ params.a }}\r\nname: x\n')).toMatch(/^pipeline\.yaml:1:/);
  });

  it('aliases that stand for more and more', async () => {
    const bomb = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 10; i++)
      bomb.push(`b${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`);
    expect(await mistakes(bomb.join('\n'))).toBe(
      lines(`
        pipeline.yaml:1:1: error[E_YAML]: The aliases in this file expand to too much.
           1 | a: &a0 [x, x, x, x, x, x, x, x, x, x]
             | ^
      `),
    );
  });

  it('brackets and dashes deeper than a parser can follow', async () => {
    for (const text of [
      `a: ${'['.repeat(100_000)}`,
      `a: ${'{a: '.repeat(5000)}`,
      '- '.repeat(5000),
      `${' '.repeat(5000)}a: b`,
    ])
      expect(await mistakes(text)).toMatch(/error\[E_YAML\]: (Brackets|Lists) are nested too deep here\./);
    // Nested without either.
    for (const text of ['? '.repeat(50_000), `a: { ${'b: '.repeat(100_000)}1 }`])
      expect(await mistakes(text)).toMatch(/error\[E_YAML\]: The file is nested too deep\./);
  });
});
