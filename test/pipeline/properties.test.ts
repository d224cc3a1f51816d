import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readDeclared } from '../../src/pipeline/declared.js';
import { dependenciesOf } from '../../src/pipeline/expand/targets.js';
import type { Pipeline } from '../../src/pipeline/expand/task.js';
import type { Diagnostic } from '../../src/pipeline/text/diagnostic.js';
import { formatDiagnostics, placedDiagnostics } from '../../src/pipeline/text/format.js';
import { describeStage } from '../../src/stage/describe.js';
import { fuzz } from '../fuzz.js';
import { testFolder, writeFiles } from '../store/folder.js';
import { lines, load, pipelineOf } from './load.js';

const sound = lines(`
  name: sound
  axes:
    precision: [fp32, { k: 0, B: 1 }, { k: 1, B: 2, label: fine }]
    noise: [0, 0.1]
  params: { epochs: 2, nested: { rate: 1e-3 } }
  profiles:
    smoke: { epochs: 1 }
  stages:
    data: { uses: dataset, with: { name: mnist } }
    train:
      uses: train
      over: [precision]
      exclude: [{ precision: fine }]
      inputs: { data: data }
      with:
        precision: \${{ precision }}
        epochs: \${{ params.epochs }}
        learningRate: '\${{ params.nested.rate }}'
    convert: { uses: snn-convert, over: [precision], exclude: [{ precision: fine }], inputs: { checkpoint: train } }
    snn:
      uses: snn-infer
      over: [precision, noise]
      exclude: [{ precision: fine }]
      inputs: { data: data, network: convert }
      with: { noise: '\${{ noise }}' }
    plots: { uses: plot, inputs: { snn: snn, history: train.history } }
    own:
      run: [sh, '\${{ inputs.snn }}', "\${{ outputs.out }}.txt"]
      inputs: { snn: snn, file: { file: package.json } }
      outputs: { out: out }
      env: [HOME]
      resources: { cpus: 2 }
  expect:
    - { stage: snn, at: { noise: 0 }, metric: accuracy, value: 0.9, tolerance: 0.1 }
    - { stage: snn, metric: correct, equals: { stage: convert } }
`);

type Keys = readonly (string | number)[];

/** Where each value is, of a list or a map and of what is in it. */
function placesIn(value: unknown): Keys[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [[key], ...placesIn(item).map((place) => [key, ...place])]);
}

/** The sound pipeline with another value in a place. */
function soundBut(place: Keys, other: unknown): string {
  const file = parse(sound) as Record<string, unknown>;
  const parent = place.slice(0, -1).reduce<Record<string, unknown>>((at, key) => at[key] as typeof at, file);
  parent[place.at(-1)!] = other;
  return JSON.stringify(file, null, 1);
}

/** Every place lies in the file, and everything can be shown. */
function checkDiagnostics(diagnostics: readonly Diagnostic[], text: string): void {
  for (const { message, range, related = [] } of diagnostics) {
    expect(message).not.toBe('');
    for (const place of [range, ...related.map((item) => item.range)]) {
      if (place === undefined) continue;
      expect(place.file).toBe('pipeline.yaml');
      expect(place.start).toBeGreaterThanOrEqual(0);
      expect(place.end).toBeGreaterThanOrEqual(place.start);
      expect(place.end).toBeLessThanOrEqual(text.length);
    }
  }
  formatDiagnostics(diagnostics, () => text);
  placedDiagnostics(diagnostics, () => text);
}

/** Either a pipeline, with warnings perhaps, or mistakes, whatever the text. */
async function loadAny(text: string, options: Parameters<typeof load>[1] = {}): Promise<void> {
  const { pipeline, diagnostics } = await load(text, options);
  expect(pipeline === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'));
  checkDiagnostics(diagnostics, text);
}

describe('any text', () => {
  const token = fc.constantFrom(
    ...[
      'name: x\n',
      'stages:',
      'axes:',
      'params:',
      'expect:',
      '\n',
      '\n  ',
      '\n    ',
      ' ',
      '\t',
      ': ',
      '- ',
      '{',
      '}',
      '[',
    ],
    ...[
      ']',
      ',',
      '"',
      "'",
      '${{',
      '}}',
      '${{ params.a }}',
      '&a ',
      '*a',
      '!x ',
      '|',
      '>',
      '#',
      '---\n',
      '...',
      '<<: *a',
      '<<: [*a, *a]',
      'x-b: &a {c: 1}\n',
      '!!timestamp 2020',
      '!!set {a}',
      '%YAML 1.1\n---\n',
      '12345678901234567890',
      '-0',
      '007',
      '.inf',
      '"\\0"',
      '"\\ud800"',
      '$${{',
      '~',
      '? ',
    ],
    ...[
      'uses: train',
      'extends: pipeline.yaml\n',
      'extends: [a]\n',
      'retries: 1',
      'timeout: 5min',
      'resources: { memory: 1GB }',
      'over: [a]',
      'run: x',
      'with:',
      'inputs:',
      'null',
      '1e-3',
      '.nan',
      '__proto__: ',
      'constructor',
      '\r\n',
    ],
    ...['\u0000', '\ufeff', '😀', '%', '@', '`', 'a', '0'],
  );

  it('is answered, and never thrown at', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), (text) => loadAny(text)),
      fuzz(100),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(token, { maxLength: 40 }), (tokens) => loadAny(tokens.join(''))),
      fuzz(200),
    );
  });

  it('is answered when it was a pipeline before it was edited', async () => {
    const edit = fc.record({
      at: fc.nat(sound.length),
      remove: fc.oneof(fc.constant(0), fc.nat(12), fc.nat(80)),
      insert: fc.oneof(fc.constant(''), token, fc.string({ maxLength: 5 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        let text = sound;
        for (const { at, remove, insert } of edits) text = text.slice(0, at) + insert + text.slice(at + remove);
        await loadAny(text);
      }),
      fuzz(200),
    );
  });

  it('is answered when lines of a pipeline were moved or left out', async () => {
    const all = sound.split('\n');
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(all, { minLength: all.length - 4 }), (some) => loadAny(some.join('\n'))),
      fuzz(100),
    );
    await fc.assert(
      fc.asyncProperty(fc.subarray(all), (some) => loadAny(some.join('\n'))),
      fuzz(100),
    );
  });

  it('is answered when values of a pipeline are others', async () => {
    const value = fc.jsonValue({ maxDepth: 2 });
    const path = fc.array(fc.nat(6), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(path, value, async (steps, other) => {
        const file = parse(sound) as Record<string, unknown>;
        let parent: Record<string, unknown> = file;
        for (const [i, step] of steps.entries()) {
          const keys = Object.keys(parent);
          const key = keys[step % keys.length]!;
          const child = parent[key];
          if (
            i === steps.length - 1 ||
            typeof child !== 'object' ||
            child === null ||
            Object.keys(child).length === 0
          ) {
            parent[key] = other;
            break;
          }
          parent = child as Record<string, unknown>;
        }
        await loadAny(JSON.stringify(file, null, 1));
      }),
      fuzz(150),
    );
  });

  it('is answered when any value of a pipeline is a map whose names are those of methods', async () => {
    const odd = { toString: false, valueOf: 1, constructor: 'x', length: 3 };
    const folder = testFolder();
    for (const place of placesIn(parse(sound)))
      for (const other of [odd, [odd]]) {
        const text = soundBut(place, other);
        await loadAny(text);
        // As names that complete a line are read.
        writeFiles(folder, { 'p.yaml': text });
        await readDeclared(join(folder, 'p.yaml'), describeStage);
      }
  });

  it('is answered when such a map is paired with another value, put into a text, or expected of a stage that is left out', async () => {
    const odd = '{ toString: 0 }';
    await loadAny(
      lines(`
        name: x
        axes: { a: [${odd}, '[object Object]'], b: { values: [1] } }
        params: { p: ${odd} }
        stages:
          one: { run: 'echo \${{ params.p }} > \${{ outputs.o }}', over: [a], exclude: [{ a: '[object Object]' }], outputs: { o: o } }
          two: { run: ['cat', '\${{ inputs.i }}', 'x\${{ params.p }}'], over: [a], inputs: { i: one }, outputs: { o: o } }
          three: { uses: train, with: { epochs: 'x\${{ params.p }}' } }
        expect: [{ stage: ${odd}, metric: m, value: 1 }]
      `),
    );
  });

  it('is answered whatever the call says', async () => {
    const setting = fc.oneof(
      fc.string(),
      fc.tuple(fc.constantFrom('epochs', 'noise', 'nested'), token).map((pair) => pair.join('=')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(setting, { maxLength: 3 }), fc.string(), async (set, profile) => {
        await loadAny(sound, { set });
        await loadAny(sound, { profile });
      }),
      fuzz(50),
    );
    for (const profile of ['toString', '__proto__', 'constructor']) await loadAny(sound, { profile });
    for (const set of ['__proto__=1', 'toString=1', '=1', 'epochs', 'epochs=', 'epochs=*a', 'noise=', 'noise=[]'])
      await loadAny(sound, { set: [set] });
  });
});

interface Sketch {
  readonly sizes: readonly number[];
  readonly stages: readonly {
    readonly over: readonly number[];
    readonly inputs: readonly number[];
    readonly excluded: number | undefined;
  }[];
}

/** Pipelines of commands: each stage over some axes, some points excluded, inputs from stages before it. */
const sketch: fc.Arbitrary<Sketch> = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
  stages: fc.array(
    fc.record({
      over: fc.shuffledSubarray([0, 1, 2]),
      inputs: fc.uniqueArray(fc.nat(20), { maxLength: 3 }),
      excluded: fc.option(fc.nat(2), { nil: undefined, freq: 4 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
});

/** Only stages without inputs exclude a value, so that no consumer can miss it: it takes a list. */
function textOf({ sizes, stages }: Sketch): string {
  const axes = Object.fromEntries(sizes.map((size, axis) => [`a${axis}`, Array.from({ length: size }, (_, i) => i)]));
  const entries = stages.map(({ over, inputs, excluded }, i) => {
    const own = i === 0 ? [] : [...new Set(inputs.map((input) => input % i))];
    const stage = {
      run: ['x'],
      over: over.map((axis) => `a${axis}`),
      ...(excludedOf({ sizes, stages }, i) === undefined ? {} : { exclude: [{ [`a${over[0]}`]: excluded }] }),
      inputs: Object.fromEntries(own.map((input) => [`i${input}`, `s${input}`])),
      outputs: { out: 'out' },
    };
    return [`s${i}`, stage];
  });
  // Consumers first: the order of the file must not matter.
  return JSON.stringify({ name: 'sketch', axes, stages: Object.fromEntries(entries.reverse()) }, null, 1);
}

/** The value of its first axis that a stage excludes, where that leaves some and nobody else has the axis. */
function excludedOf({ sizes, stages }: Sketch, i: number): number | undefined {
  const { over, excluded } = stages[i]!;
  const [axis] = over;
  if (excluded === undefined || axis === undefined || excluded >= sizes[axis]! || sizes[axis] === 1) return undefined;
  return stages.every((stage, j) => i === j || !stage.over.includes(axis)) ? excluded : undefined;
}

describe('any pipeline', () => {
  const check = (verify: (pipeline: Pipeline, drawn: Sketch) => void) =>
    fc.assert(fc.asyncProperty(sketch, async (drawn) => verify(await pipelineOf(textOf(drawn)), drawn)));

  it('has as many tasks as points that are not excluded, each of its own', async () => {
    await check((pipeline, drawn) => {
      const expected = drawn.stages.map(({ over }, i) => {
        const all = over.reduce((product, axis) => product * drawn.sizes[axis]!, 1);
        return excludedOf(drawn, i) === undefined ? all : all - all / drawn.sizes[over[0]!]!;
      });
      const counts = drawn.stages.map((_, i) => pipeline.tasks.filter(({ stage }) => stage === `s${i}`).length);
      expect(counts).toEqual(expected);
      expect(new Set(pipeline.tasks.map(({ id }) => id)).size).toBe(pipeline.tasks.length);
    });
  });

  it('has tasks after those that they need', async () => {
    await check(({ tasks }) => {
      const done = new Set<string>();
      for (const task of tasks) {
        for (const id of dependenciesOf(task)) expect(done).toContain(id);
        done.add(task.id);
      }
    });
  });

  it('pairs equal points, and gives every point of the others', async () => {
    await check(({ tasks }) => {
      const byId = new Map(tasks.map((task) => [task.id, task]));
      for (const task of tasks)
        for (const [name, input] of Object.entries(task.inputs)) {
          if (input.kind === 'file') continue;
          const ids = input.kind === 'list' ? input.items.map((item) => item.task) : [input.task];
          const fitting = tasks.filter(
            ({ stage, labels }) =>
              stage === `s${name.slice(1)}` &&
              Object.entries(labels).every(([axis, label]) => (task.labels[axis] ?? label) === label),
          );
          expect(ids).toEqual(fitting.map(({ id }) => id));
          const lacks = Object.keys(byId.get(ids[0]!)!.labels).some((axis) => !Object.hasOwn(task.labels, axis));
          expect(input.kind).toBe(lacks ? 'list' : 'output');
        }
    });
  });
});
