import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../../src/paths.js';
import { readDeclared } from '../../../src/pipeline/declared.js';
import { generateJsonSchema } from '../../../src/pipeline/json-schema.js';
import { describeStage } from '../../../src/stage/describe.js';
import { builtInStages } from '../../../src/stage/registry.js';
import { testFolder, writeFiles } from '../../store/folder.js';
import { lines } from '../load.js';

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
      plots: { uses: plot, inputs: { ann: ann }, with: { formats: [svg, '\${{ params.format }}'] } }
    `);
    expect(accepts(text)).toEqual([]);
  });

  it('accepts commands and stages of the user', () => {
    const text = inStages(`
      list: { run: [python3, mine.py, 3], outputs: { out: out.json }, env: [HOME], resources: { cpus: all } }
      text: { run: 'python3 mine.py > \${{ outputs.out }}', outputs: { out: out.json }, resources: { cpus: any } }
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
    ['a value that is none of several', inStages('data: { uses: dataset, with: { name: mnist, scale: 250 } }')],
    ['a missing parameter', inStages('data: { uses: dataset }')],
    ['an unknown input', inStages(`${data}\ntrain: { uses: train, inputs: { data: data, images: data } }`)],
    ['a missing input', inStages('train: { uses: train, with: { epochs: 1 } }')],
    ['an input that is a number', inStages('train: { uses: train, inputs: { data: 3 } }')],
    ['an expectation without metric', 'name: x\nstages: {}\nexpect: [{ stage: a, value: 1 }]'],
    ['a negative tolerance', 'name: x\nstages: {}\nexpect: [{ stage: a, metric: b, value: 1, tolerance: -1 }]'],
  ])('refuses %s', (_, text) => {
    expect(accepts(text)).not.toEqual([]);
  });

  const train = (given: string) => `${data}\ntrain: { uses: train, inputs: { data: data }, with: { ${given} } }`;
  const resumed = 'train: { uses: train, inputs: { data: data, checkpoint: other } }';
  const models = (formats: string, inputs: string) =>
    `models: { uses: export, with: { formats: ${formats} }, inputs: { ${inputs} } }`;
  const convert = (more: string) => `snn: { uses: snn-convert, inputs: { checkpoint: net ${more}`;
  const imported = (given: string, inputs = '') =>
    `net: { uses: import-checkpoint, inputs: { checkpoint: { file: x }${inputs} }, with: { k: 1, B: 2, ${given} } }`;
  it.each([
    [train('network: lenet, k: 1, B: 2'), true],
    [train("network: '${{ params.network }}', precision: fp32"), true],
    [train('network: lenet, k: 1'), false],
    [train('k: 1, B: 2'), false],
    [`${data}\n${resumed}`, true],
    ['plots: { uses: plot }', false],
    ['plots: { uses: plot, inputs: { history: train } }', true],
    [models('[nir]', 'network: snn'), true],
    [models('[nir]', 'data: data'), false],
    [models('[npz, nir]', 'network: snn'), false],
    [models("['${{ format }}']", 'network: snn'), true],
    [models('[npz, nir]', 'checkpoint: net'), true],
    [convert('} }'), true],
    [convert('}, with: { compare: 0 } }'), true],
    [convert("}, with: { compare: '${{ params.n }}' } }"), true],
    [convert('}, with: { compare: 10 } }'), false],
    [convert(', data: data }, with: { compare: 10 } }'), true],
    [imported('network: lenet'), true],
    [imported("network: '${{ params.network }}'"), true],
    [imported('network: 4C3'), false],
    [imported('network: [{ conv: 4, kernel: 3 }]'), false],
    [imported('network: 4C3, images: [8, 8, 1]'), true],
    [imported('network: 4C3', ', data: data'), true],
  ])('knows what is needed in one of several ways: %s', (stages, isEnough) => {
    const text = inStages(stages);
    expect([text, accepts(text).length === 0]).toEqual([text, isEnough]);
    // What a file leaves out may stand in the one that it extends.
    expect(accepts(text.replace('name: x', 'name: x\nextends: y.yaml'))).toEqual([]);
  });

  it('describes what can be written', () => {
    const { properties } = validate.schema as {
      properties: Record<string, Described> & {
        stages: Described & { patternProperties: Record<string, StageSchema> };
      };
    };
    const [stage] = Object.values(properties.stages.patternProperties);
    const train = stage!.allOf.find((rule) => rule.if.properties.uses.const === 'train')!.then;
    expect(train.description).toMatch(/^Trains a network on .* Outputs: checkpoint \(default\), history\.$/);
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

/** The JSON Schema of one file, with its own names. */
describe('the JSON Schema of a file', () => {
  const text = `name: mine
axes: { precision: [fp32, { k: 0, B: 1 }], noise: { values: [0, 0.5], repeat: true }, again: [1, 1] }
params: { epochs: 3 }
profiles: { smoke: { epochs: 1 } }
stages:
  data: { uses: dataset, with: { name: fashion-mnist-sample } }
  own: { uses: ./own.ts, over: [precision], inputs: { data: data.dataset, all: list }, with: { depth: 3 } }
  list: { run: 'true', over: [noise], exclude: [{ noise: 0.5 }], inputs: { f: { file: x.txt } }, outputs: { a: a.txt } }
  plots: { uses: plot, inputs: { snn: list.a, ann: [list@noise=0, { stage: list, at: { noise: 0.5 } }] } }
expect:
  - { stage: own, at: { precision: k0B1 }, metric: m, value: 1 }
  - { stage: own, at: { precision: { k: 0, B: 1 } }, metric: m, equals: { stage: data } }
`;
  const own = `import { defineStage, Type } from 'spikeline';
export default defineStage({
  name: 'own', summary: 'Own', parameters: Type.Object({ depth: Type.Integer() }, { additionalProperties: false }),
  inputs: { data: { description: 'Data' }, all: { description: 'All', list: true } },
  outputs: { x: { description: 'X', path: 'x' } },
  run: () => Promise.resolve(undefined),
});
`;

  async function errorsOf(changed: string): Promise<unknown[]> {
    const folder = testFolder();
    writeFiles(folder, { 'p.yaml': text, 'own.ts': own });
    const { names } = await readDeclared(join(folder, 'p.yaml'), describeStage);
    const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
    const validate = ajv.compile(generateJsonSchema(await builtInStages(), names));
    validate(parse(changed));
    return (validate.errors ?? []).filter(({ keyword }) => keyword !== 'if').map(({ instancePath }) => instancePath);
  }

  it('takes the file as it is', async () => {
    expect(await errorsOf(text)).toEqual([]);
  });

  it.each([
    ['an axis', 'over: [noise]', 'over: [nois]', '/stages/list/over/0'],
    ['an axis of a point', 'exclude: [{ noise: 0.5 }]', 'exclude: [{ nois: 0.5 }]', '/stages/list/exclude/0'],
    ['a value of a point', 'exclude: [{ noise: 0.5 }]', 'exclude: [{ noise: 0.6 }]', '/stages/list/exclude/0/noise'],
    ['a stage', 'snn: list.a', 'snn: lst', '/stages/plots/inputs/snn'],
    ['an output', 'data.dataset', 'data.datasets', '/stages/own/inputs/data'],
    ['a stage at a point', '{ stage: list, at', '{ stage: lst, at', '/stages/plots/inputs/ann/1/stage'],
    ['a param', 'smoke: { epochs', 'smoke: { epoch', '/profiles/smoke'],
    [
      'a stage that is expected',
      '- { stage: own, at: { precision: k0B1',
      '- { stage: onw, at: { precision: k0B1',
      '/expect/0/stage',
    ],
    ['a label', 'precision: k0B1', 'precision: k0B2', '/expect/0/at/precision'],
    ['a parameter of an own stage', 'depth: 3', 'deep: 3', '/stages/own/with'],
  ])('knows %s', async (_, before, after, place) => {
    expect(text).toContain(before);
    expect(await errorsOf(text.replace(before, after))).toContain(place);
  });

  it('knows the stages and axes of files that it includes', async () => {
    const folder = testFolder();
    writeFiles(folder, { 'p.yaml': text, 'own.ts': own, 'all.yaml': 'name: all\ninclude: { part: p.yaml }\n' });
    const { names } = await readDeclared(join(folder, 'all.yaml'), describeStage);
    expect(Object.keys(names!.stages)).toEqual(['part/data', 'part/own', 'part/list', 'part/plots']);
    expect([names!.axes, names!.allAxes.noise]).toEqual([{}, [0, 0.5]]);
  });

  it('is made of a file that is half written, and says why where there is none', async () => {
    const folder = testFolder();
    writeFiles(folder, { 'half.yaml': 'name: 3\naxes: [1]\nstages: { a: 3, b: { uses: ./none.ts, inputs: [] } }\n' });
    const { names } = await readDeclared(join(folder, 'half.yaml'), describeStage);
    expect(names).toEqual({ stages: { a: [], b: [] }, axes: {}, allAxes: {}, params: [], profiles: [], own: {} });
    new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(
      generateJsonSchema(await builtInStages(), names),
    );
    const { diagnostics } = await readDeclared(join(folder, 'none.yaml'), describeStage);
    expect(diagnostics.map(({ code }) => code)).toEqual(['E_FILE']);
  });
});
