import { join, resolve } from 'node:path';
import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import { loadPipeline } from '../../src/pipeline/load.js';
import { defineStage, type StageDefinition } from '../../src/stage/definition.js';
import { testFolder } from '../store/folder.js';
import { lines, load, mistakes } from './load.js';
import { resolveFake } from './stages.js';

describe('all mistakes of a file', () => {
  it('come at once, from top to bottom, and bring no others with them', async () => {
    const text = lines(`
      name: Many
      axes:
        precision: [{ k: 0, B: 1 }]
        noise: [0, 0.1]
      stages:
        data: { uses: datset, with: { name: mnist } }
        train:
          uses: train
          over: [precison]
          inputs: { data: data, checkpoint: { file: none.bin } }
          with: { k: '\${{ precison.k }}', epochs: 0 }
        resume:
          uses: train
          inputs: { dat: data, checkpoint: train.weights }
          with: { epochs: 0 }
        convert:
          uses: snn-convert
          inptus: { checkpoint: train }
        snn:
          uses: snn-infer
          over: noise
          inputs: { data: data, network: convert }
          with: { noise: '\${{ noise }}' }
        a/b: { run: [x] }
        own: { inputs: { a: snn } }
        both:
          run: [x]
          uses: plot
          inputs: { snn: own }
      expect:
        - { stage: snn, at: { noise: 0 }, metric: accuracy, equals: { stage: own } }
        - { stage: nothing, metric: accuracy, value: high }
        - { stage: nothing, metric: accuracy, value: 1 }
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:1:7: error[E_VALUE]: "name" must be lower-case letters, digits, . _ and -, not "Many".
           1 | name: Many
             |       ^^^^

        pipeline.yaml:6:17: error[E_UNKNOWN_STAGE]: There is no stage "datset".
           6 |   data: { uses: datset, with: { name: mnist } }
             |                 ^^^^^^
          hint: did you mean "dataset"?

        pipeline.yaml:9:12: error[E_UNKNOWN_AXIS]: There is no axis "precison".
           9 |     over: [precison]
             |            ^^^^^^^^
          hint: did you mean "precision"?

        pipeline.yaml:10:47: error[E_FILE]: There is no file "none.bin".
          10 |     inputs: { data: data, checkpoint: { file: none.bin } }
             |                                               ^^^^^^^^
          hint: paths are relative to the pipeline file: looked for ${resolve('none.bin')}

        pipeline.yaml:14:15: error[E_UNKNOWN_INPUT]: "resume" (train) has no input "dat".
          14 |     inputs: { dat: data, checkpoint: train.weights }
             |               ^^^
          hint: did you mean "data"?

        pipeline.yaml:14:38: error[E_UNKNOWN_OUTPUT]: The stage "train" has no output "weights".
          14 |     inputs: { dat: data, checkpoint: train.weights }
             |                                      ^^^^^^^^^^^^^
          hint: known: checkpoint, history

        pipeline.yaml:15:21: error[E_VALUE]: "epochs" must be at least 1, not 0.
          15 |     with: { epochs: 0 }
             |                     ^

        pipeline.yaml:18:5: error[E_UNKNOWN_KEY]: Unknown key "inptus".
          18 |     inptus: { checkpoint: train }
             |     ^^^^^^
          hint: did you mean "inputs"?

        pipeline.yaml:21:11: error[E_TYPE]: "over" must be a list, not "noise".
          21 |     over: noise
             |           ^^^^^
          hint: write [noise]

        pipeline.yaml:24:3: error[E_VALUE]: "a/b" can't be a name here: a name is letters, digits, - and _, and begins with a letter.
          24 |   a/b: { run: [x] }
             |   ^^^

        pipeline.yaml:25:3: error[E_STAGE]: The stage "own" says neither \`uses\` nor \`run\`.
          25 |   own: { inputs: { a: snn } }
             |   ^^^
          hint: write \`uses: NAME\` for a built-in stage (spikeline stages lists them), or \`run:\` for a command

        pipeline.yaml:27:5: error[E_STAGE]: The stage "both" says both \`uses\` and \`run\`.
          27 |     run: [x]
             |     ^^^
          pipeline.yaml:28:5: \`uses\` is here
          28 |     uses: plot
             |     ^^^^
          hint: keep one of them

        pipeline.yaml:32:48: error[E_TYPE]: "value" must be a number, not "high".
          32 |   - { stage: nothing, metric: accuracy, value: high }
             |                                                ^^^^
          hint: The number that the paper gives; a whole one beyond 2^53 between quotes.

        pipeline.yaml:33:14: error[E_UNKNOWN_STAGE]: There is no stage "nothing".
          33 |   - { stage: nothing, metric: accuracy, value: 1 }
             |              ^^^^^^^
          hint: known: data, train, resume, convert, snn, a/b, own, both
      `),
    );
  });
});

const data = 'data: { uses: dataset, with: { name: mnist } }';
const inStages = (text: string) => `name: x\nstages:\n${text.replace(/^/gm, '  ')}\n`;

describe('a stage', () => {
  it.each([
    [
      'has rules between parameters',
      `${data}\ntrain: { uses: train, inputs: { data: data }, with: { k: 1 } }`,
      `
      pipeline.yaml:4:60: error[E_VALUE]: \`k\` and \`B\` belong together: give both.
         4 |   train: { uses: train, inputs: { data: data }, with: { k: 1 } }
           |                                                            ^
      `,
    ],
    [
      'lacks a parameter',
      'data: { uses: dataset }',
      `
      pipeline.yaml:3:3: error[E_MISSING_KEY]: "data" (dataset) needs the parameter "name": which one.
         3 |   data: { uses: dataset }
           |   ^^^^
        hint: add with: { name: VALUE }
      `,
    ],
    [
      'has a map that is none of the choices',
      `${data}\ntrain: { uses: train, inputs: { data: data }, with: { precision: { k: 1, b: 2 } } }`,
      `
      pipeline.yaml:4:76: error[E_UNKNOWN_KEY]: Unknown key "b".
         4 |   train: { uses: train, inputs: { data: data }, with: { precision: { k: 1, b: 2 } } }
           |                                                                            ^
        hint: did you mean "B"?
      `,
    ],
    [
      'has a word that is none of the choices',
      `${data}\ntrain: { uses: train, inputs: { data: data }, with: { precision: fp16 } }`,
      `
      pipeline.yaml:4:68: error[E_TYPE]: "precision" must be fp32 or a map, not "fp16".
         4 |   train: { uses: train, inputs: { data: data }, with: { precision: fp16 } }
           |                                                                    ^^^^
        hint: fp32, or k and B as a map
      `,
    ],
    [
      'takes a file that is no stage',
      `${data}\ntrain: { uses: train, inputs: { data: data, checkpoint: package.json } }`,
      `
      pipeline.yaml:4:59: error[E_UNKNOWN_STAGE]: There is no stage "package".
         4 |   train: { uses: train, inputs: { data: data, checkpoint: package.json } }
           |                                                           ^^^^^^^^^^^^
        hint: for the file of that name, write { file: package.json }
      `,
    ],
    [
      'takes from one without outputs',
      'first: { run: [x] }\nsecond: { run: [x], inputs: { a: first } }',
      `
      pipeline.yaml:4:36: error[E_UNKNOWN_OUTPUT]: The stage "first" has no outputs.
         4 |   second: { run: [x], inputs: { a: first } }
           |                                    ^^^^^
        hint: declare them there with outputs: { NAME: FILE }
      `,
    ],
    [
      'takes its own output',
      'own: { run: [x], inputs: { a: own }, outputs: { o: o } }',
      `
      pipeline.yaml:3:33: error[E_CYCLE]: The stage "own" takes its own output.
         3 |   own: { run: [x], inputs: { a: own }, outputs: { o: o } }
           |                                 ^^^
        hint: remove it
      `,
    ],
    [
      'that is a command has no parameters, and one that is not has no outputs',
      'data: { uses: dataset, with: { name: mnist }, outputs: { a: b } }\nown: { run: [x], with: { a: 1 } }',
      `
      pipeline.yaml:3:49: error[E_STAGE]: \`outputs\` belongs to \`run\`: a stage declares its own.
         3 |   data: { uses: dataset, with: { name: mnist }, outputs: { a: b } }
           |                                                 ^^^^^^^
        hint: remove it

      pipeline.yaml:4:20: error[E_STAGE]: \`with\` belongs to \`uses\`: a command takes its parameters in its words.
         4 |   own: { run: [x], with: { a: 1 } }
           |                    ^^^^
        hint: such as run: [python3, mine.py, --epochs, '\${{ params.epochs }}']
      `,
    ],
    [
      'writes into its own folder only, each output in its own place',
      'own: { run: [x], outputs: { a: ../a, b: /b, c: c, d: c } }',
      `
      pipeline.yaml:3:34: error[E_OUTPUT]: "../a" is not a name inside the task's output folder.
         3 |   own: { run: [x], outputs: { a: ../a, b: /b, c: c, d: c } }
           |                                  ^^^^
        hint: write a relative path without .., such as result.json

      pipeline.yaml:3:43: error[E_OUTPUT]: "/b" is not a name inside the task's output folder.
         3 |   own: { run: [x], outputs: { a: ../a, b: /b, c: c, d: c } }
           |                                           ^^
        hint: write a relative path without .., such as result.json

      pipeline.yaml:3:56: error[E_DUPLICATE]: The outputs "c" and "d" have the same path.
         3 |   own: { run: [x], outputs: { a: ../a, b: /b, c: c, d: c } }
           |                                                        ^
        pipeline.yaml:3:50: "c" is here
         3 |   own: { run: [x], outputs: { a: ../a, b: /b, c: c, d: c } }
           |                                                  ^
      `,
    ],
  ])('%s', async (_, stages, expected) => {
    expect(await mistakes(inStages(stages))).toBe(lines(expected));
  });

  it('have outputs that do not lie in one another', async () => {
    const text = await mistakes(
      inStages('own: { run: [x], outputs: { a: a, b: a/b, c: A, d: d/e, e: d/e/f, f: d/ef } }'),
    );
    expect(text.split('\n').filter((line) => line.includes('error'))).toEqual([
      'pipeline.yaml:3:40: error[E_DUPLICATE]: The outputs "a" and "b" lie in one another.',
      'pipeline.yaml:3:48: error[E_DUPLICATE]: The outputs "a" and "c" have the same path on file systems that ignore case.',
      'pipeline.yaml:3:62: error[E_DUPLICATE]: The outputs "d" and "e" lie in one another.',
    ]);
    // Both look alike, and are the same file to some systems.
    expect(await mistakes(inStages('own: { run: [x], outputs: { a: "caf\u00e9", b: "cafe\u0301" } }'))).toContain(
      'error[E_DUPLICATE]: The outputs "a" and "b" have the same path.',
    );
  });

  it('have no folder of another’s where capitals make no difference', async () => {
    const text = await mistakes(inStages('count: { run: [x] }\nCount: { run: [x] }'));
    expect(text.split('\n').filter((line) => line.includes('error'))).toEqual([
      'pipeline.yaml:4:3: error[E_DUPLICATE]: "count" and "Count" have the same folder on file systems that ignore case.',
    ]);
  });

  it.each([
    ['inputs: { x: { file: p }, y: 5 }, outputs: { a: a }', 'E_TYPE'],
    ['inputs: { x: { file: p } }, outputs: { a: A, b: a }', 'E_DUPLICATE'],
    ['inputs: { x: { file: p } }, outputs: { a: 5 }', 'E_TYPE'],
  ])('with a mistake in %s are not said to have no such names', async (sections, code) => {
    const text = await mistakes(inStages(`own: { run: [x, '\${{ inputs.x }}', '\${{ outputs.a }}'], ${sections} }`));
    expect(text).toContain(code);
    expect(text).not.toContain('E_UNKNOWN_NAME');
  });

  it('whose own check fails is named', async () => {
    const broken = defineStage({
      name: 'broken',
      summary: 'Broken',
      parameters: Type.Object({}),
      inputs: {},
      outputs: {},
      check: () => {
        throw new TypeError('x is undefined');
      },
      run: () => Promise.resolve(undefined),
    }) as StageDefinition;
    const resolveStage = () => Promise.resolve(broken);
    expect(await mistakes(inStages('a: { uses: ./broken.ts }'), { resolveStage })).toBe(
      lines(`
        pipeline.yaml:3:3: error[E_VALUE]: The check of "broken" failed: x is undefined.
           3 |   a: { uses: ./broken.ts }
             |   ^
          hint: this is a mistake in the stage
      `),
    );
  });
});

describe('an axis', () => {
  it('has values, each once, and a name of its own', async () => {
    const text =
      'name: x\naxes: { params: [1], noise: [0, 0.1, 0], bits: [{ k: 1, B: 2 }, { B: 2, k: 1 }] }\nstages: {}\n';
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:2:9: error[E_AXIS]: An axis can't be called "params": expressions mean something else by it.
           2 | axes: { params: [1], noise: [0, 0.1, 0], bits: [{ k: 1, B: 2 }, { B: 2, k: 1 }] }
             |         ^^^^^^

        pipeline.yaml:2:38: error[E_DUPLICATE]: This value is on the axis twice.
           2 | axes: { params: [1], noise: [0, 0.1, 0], bits: [{ k: 1, B: 2 }, { B: 2, k: 1 }] }
             |                                      ^
          pipeline.yaml:2:30: first here
           2 | axes: { params: [1], noise: [0, 0.1, 0], bits: [{ k: 1, B: 2 }, { B: 2, k: 1 }] }
             |                              ^
          hint: remove one of them

        pipeline.yaml:2:65: error[E_DUPLICATE]: This value is on the axis twice.
           2 | axes: { params: [1], noise: [0, 0.1, 0], bits: [{ k: 1, B: 2 }, { B: 2, k: 1 }] }
             |                                                                 ^^^^^^^^^^^^^^
          pipeline.yaml:2:49: first here
           2 | axes: { params: [1], noise: [0, 0.1, 0], bits: [{ k: 1, B: 2 }, { B: 2, k: 1 }] }
             |                                                 ^^^^^^^^^^^^^^
          hint: remove one of them
      `),
    );
    expect(await mistakes('name: x\naxes: { a: [], b: [[1]] }\nstages: {}\n')).toBe(
      lines(`
        pipeline.yaml:2:12: error[E_VALUE]: "a" needs at least 1 item.
           2 | axes: { a: [], b: [[1]] }
             |            ^^

        pipeline.yaml:2:20: error[E_TYPE]: Item 1 of "b" must be a scalar or a map of scalars, not a list.
           2 | axes: { a: [], b: [[1]] }
             |                    ^^^
      `),
    );
  });
});

describe('a file', () => {
  it('that can not be read is a mistake, too', async () => {
    const folder = testFolder();
    const of = async (file: string) => (await loadPipeline(file, { resolveStage: resolveFake })).diagnostics;
    const missing = join(folder, 'none.yaml');
    expect(await of(missing)).toEqual([
      { severity: 'error', code: 'E_FILE', message: `${missing} can't be read: there is no such file.` },
    ]);
    expect(await of(folder)).toEqual([
      { severity: 'error', code: 'E_FILE', message: `${folder} can't be read: it is a folder.` },
    ]);
  });

  it('that is no map is told what a pipeline is', async () => {
    for (const text of ['', '# nothing\n', '- a\n', 'hello\n', '\ufeff'])
      expect((await load(text)).diagnostics).toMatchObject([
        { code: 'E_TYPE', hint: 'a pipeline is a map with `name:` and `stages:`' },
      ]);
  });
});
