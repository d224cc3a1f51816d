import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../src/paths.js';
import { generateJsonSchema } from '../../src/pipeline/schema.js';
import { builtInStages } from '../../src/stage/registry.js';
import { lines } from './load.js';

/** The JSON Schema that editors use, with the built-in stages as they are. */
describe('the JSON Schema', () => {
  let validate: ValidateFunction;
  beforeAll(async () => {
    validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true }).compile(
      generateJsonSchema(await builtInStages()),
    );
  });

  const accepts = (text: string) => {
    validate(parse(text));
    return validate.errors ?? [];
  };
  const inStages = (stages: string) => `name: x\nstages:\n${lines(stages).replace(/^(?=.)/gm, '  ')}`;

  it.each(['quickstart', 'lenet-fashion'])('accepts %s', (name) => {
    expect(accepts(readFileSync(join(packageRoot, 'pipelines', `${name}.yaml`), 'utf8'))).toEqual([]);
  });

  it('accepts expressions in place of parameters, and of what is inside them', () => {
    const text = inStages(`
      data: { uses: dataset, with: { name: '\${{ params.data }}' } }
      train:
        uses: train
        inputs: { data: data }
        with:
          network: '\${{ params.network }}'
          precision: { k: '\${{ precision.k }}', B: 2 }
          epochs: '\${{ params.epochs }}'
      plots: { uses: plot, with: { formats: [svg, '\${{ params.format }}'] } }
    `);
    expect(accepts(text)).toEqual([]);
  });

  it('accepts commands and stages of the user', () => {
    const text = inStages(`
      list: { run: [python3, mine.py, 3], outputs: { out: out.json }, env: [HOME], resources: { cpus: all } }
      text: { run: 'python3 mine.py > \${{ outputs.out }}', outputs: { out: out.json }, resources: { cpus: 2 } }
      own: { uses: ./own.ts, with: { anything: [1, { a: b }] }, inputs: { any: list.out, file: { file: mine.py } } }
    `);
    expect(accepts(text)).toEqual([]);
  });

  const data = 'data: { uses: dataset, with: { name: mnist } }';
  it.each([
    ['a misspelt key', 'name: x\nstage: {}\nstages: {}'],
    ['a name with capitals', 'name: X\nstages: {}'],
    ['no stages', 'name: x'],
    ['an empty axis', 'name: x\naxes: { noise: [] }\nstages: {}'],
    ['an axis of lists', 'name: x\naxes: { noise: [[1]] }\nstages: {}'],
    ['a stage name with a space', inStages('a b: { run: [x] }')],
    ['neither uses nor run', inStages('a: { inputs: {} }')],
    ['both uses and run', inStages('data: { uses: dataset, run: [x], with: { name: mnist } }')],
    ['with beside run', inStages('a: { run: [x], with: { a: 1 } }')],
    ['outputs beside uses', inStages('data: { uses: dataset, with: { name: mnist }, outputs: { a: b } }')],
    ['an unknown stage', inStages('a: { uses: datset }')],
    ['an unknown parameter', inStages(`${data}\ntrain: { uses: train, inputs: { data: data }, with: { epoch: 1 } }`)],
    [
      'a parameter of another type',
      inStages(`${data}\ntrain: { uses: train, inputs: { data: data }, with: { epochs: x } }`),
    ],
    [
      'a parameter out of range',
      inStages(`${data}\ntrain: { uses: train, inputs: { data: data }, with: { epochs: 0 } }`),
    ],
    [
      'a value inside a parameter',
      inStages(`${data}\ntrain: { uses: train, inputs: { data: data }, with: { precision: { k: -1, B: 1 } } }`),
    ],
    ['a value that is none of several', inStages('data: { uses: dataset, with: { name: imagenet } }')],
    ['a missing parameter', inStages('data: { uses: dataset }')],
    ['an unknown input', inStages(`${data}\ntrain: { uses: train, inputs: { data: data, images: data } }`)],
    ['a missing input', inStages('train: { uses: train, with: { epochs: 1 } }')],
    ['an input that is a number', inStages('train: { uses: train, inputs: { data: 3 } }')],
    ['an expectation without metric', 'name: x\nstages: {}\nexpect: [{ stage: a, value: 1 }]'],
    ['a negative tolerance', 'name: x\nstages: {}\nexpect: [{ stage: a, metric: b, value: 1, tolerance: -1 }]'],
  ])('refuses %s', (_, text) => {
    expect(accepts(text)).not.toEqual([]);
  });

  it('describes what can be written', () => {
    const { properties } = validate.schema as {
      properties: Record<string, Described> & {
        stages: Described & { patternProperties: Record<string, StageSchema> };
      };
    };
    const [stage] = Object.values(properties.stages.patternProperties);
    const train = stage!.allOf.find((rule) => rule.if.properties.uses.const === 'train')!.then;
    expect(train.description).toMatch(/^Trains a network: .* Outputs: checkpoint \(default\), history\.$/);
    expect(train.properties.with.properties.epochs).toMatchObject({
      description: expect.stringContaining('Epochs') as string,
      default: 10,
    });
    expect(train.properties.inputs.properties.data!.description).toMatch(/^Data set/);
    const undescribed = Object.entries({ ...properties, ...stage!.properties })
      .filter(([key, { description }]) => key !== 'description' && description === undefined)
      .map(([key]) => key);
    expect(undescribed).toEqual([]);
  });
});

interface Described {
  readonly description?: string;
}
interface Rule {
  readonly if: { readonly properties: { readonly uses: { readonly const: string } } };
  readonly then: Described & {
    readonly properties: Record<'with' | 'inputs', { readonly properties: Record<string, Described> }>;
  };
}
interface StageSchema {
  readonly properties: Record<string, Described>;
  readonly allOf: readonly Rule[];
}
