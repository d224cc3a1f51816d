import { describe, expect, it } from 'vitest';
import { builtInStage, builtInStages } from '../../../src/stage/registry.js';
import { load } from '../load.js';

const resolveStage = async (uses: string) => (await builtInStage(uses))!;

/** What is wrong with stages of a pipeline, each with its line and what is marked there. */
async function told(stages: string): Promise<readonly string[]> {
  const text = `name: p\naxes: { precision: [fp32, { k: 1, B: 2 }], format: [nir, onnx] }\nstages:\n${stages}`;
  const { diagnostics } = await load(text, { resolveStage });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return errors.map(({ code, message, hint, range }) => {
    const { start, end } = range!;
    const line = text.slice(0, start).split('\n').length - 3;
    return `${line} ${text.slice(start, end)} ${code} ${message}${hint === undefined ? '' : ` – ${hint}`}`;
  });
}

const data = '  data: { uses: dataset, with: { name: mnist } }\n';
const train = '  net: { uses: train, inputs: { data: data }, with: { network: lenet, k: 1, B: 2 } }\n';

describe('what a built-in stage needs is told before anything runs', () => {
  it('a network and a precision, unless a training goes on', async () => {
    const a = '  a: { uses: train, inputs: { data: data } }\n';
    const b = '  b: { uses: train, inputs: { data: data }, with: { network: lenet, B: 2 } }\n';
    const c = '  c: { uses: train, inputs: { data: data, checkpoint: b } }\n';
    const ways = 'the parameters "k" and "B", the parameter "precision" or the input "checkpoint"';
    expect(await told(data + a + b + c)).toEqual([
      '2 a E_MISSING_KEY "a" (train) needs the parameter "network" or the input "checkpoint". – add with: { network: lenet }',
      `2 a E_MISSING_KEY "a" (train) needs ${ways}. – add with: { k: 1, B: 2 }`,
      `3 with E_MISSING_KEY "b" (train) needs ${ways}. – add k: 1`,
    ]);
  });

  it('results to plot or report', async () => {
    expect(await told('  plot: { uses: plot }\n')).toEqual([
      '1 plot E_MISSING_INPUT "plot" needs the input "ann", "snn" or "history". – add inputs: { ann: STAGE }',
    ]);
    expect(await told(`${data}  report: { uses: report, inputs: { data: data } }\n`)).toEqual([
      '2 inputs E_MISSING_INPUT "report" needs the input "ann", "snn", "conversion" or "history". – add ann: STAGE',
    ]);
  });

  it('what a format is made from, at the points where it is asked for', async () => {
    const convert = '  snn: { uses: snn-convert, inputs: { checkpoint: net } }\n';
    const models =
      "  models: { uses: export, over: [format], with: { formats: ['${{ format }}'] }, inputs: { network: snn } }\n";
    expect(await told(data + train + convert + models)).toEqual([
      '4 inputs E_MISSING_INPUT "models" (export) needs the input "checkpoint" for formats: onnx (at format=onnx). – add checkpoint: STAGE',
    ]);
  });

  it('images to compare a conversion on, where a number of them is asked for', async () => {
    const convert = (name: string, given: string) =>
      `  ${name}: { uses: snn-convert, inputs: { checkpoint: net }${given} }\n`;
    const fine = convert('a', '') + convert('b', ', with: { compare: 0 }');
    expect(await told(data + train + fine + convert('c', ', with: { compare: 100 }'))).toEqual([
      '5 inputs E_MISSING_INPUT "c" (snn-convert) needs the input "data" for compare: 100. – add data: STAGE',
    ]);
  });

  it('the precision of a network that is imported, and its images, but of those of the paper', async () => {
    const imported = (name: string, given: string) =>
      `  ${name}: { uses: import-checkpoint, inputs: { checkpoint: { file: package.json } }, with: { ${given} } }\n`;
    const others = imported('a', 'network: vgg, k: 1, B: 2') + imported('b', 'network: 4C3, images: [8, 8, 1], k: 1');
    expect(await told(others + imported('c', 'network: 4C3, k: 1, B: 2') + imported('d', 'crop: 8'))).toEqual([
      '2 with E_MISSING_KEY "b" (import-checkpoint) needs the parameters "k" and "B" or the parameter "precision". – add B: 2',
      '3 inputs E_MISSING_INPUT "c" (import-checkpoint) needs the input "data" or the parameter "images" for network: 4C3. – add data: STAGE',
      expect.stringContaining('4 with E_MISSING_KEY "d" (import-checkpoint) needs the parameter "network"'),
      '4 with E_MISSING_KEY "d" (import-checkpoint) needs the parameters "k" and "B" or the parameter "precision". – add k: 1, B: 2',
    ]);
  });

  it('images that a network which is imported can take', async () => {
    const imported = (given: string) =>
      `  a: { uses: import-checkpoint, inputs: { checkpoint: { file: package.json } }, with: { k: 1, B: 2, ${given} } }\n`;
    const normalise = 'normalise: { mean: [0, 0, 0], std: [1, 1, 1] }';
    expect(await told(imported(`network: 4C3, images: [8, 8, 3], ${normalise}`))).toEqual([]);
    expect(await told(imported(`network: 4C3, images: [8, 8, 1], ${normalise}`))).toEqual([
      expect.stringContaining('E_VALUE `normalise` has 3 values of `mean`, but the images have 1 channels.'),
    ]);
    expect(await told(imported('network: 4C5v-4C5v, images: [8, 8, 1]'))).toEqual([
      expect.stringMatching(/E_VALUE The network can't take 8×8×1 images: .* – the images are 8×8×1$/),
    ]);
    expect(await told(imported('network: 4C3, images: [8, 8, 1], crop: 9'))).toEqual([
      expect.stringContaining('E_VALUE A crop of 9×9 is larger than the images: the images are 8×8×1'),
    ]);
  });

  it('each parameter that has to be there', async () => {
    const missing = (await builtInStages()).flatMap(({ name, parameters }) =>
      (parameters.required ?? [])
        .filter((parameter) => parameters.properties[parameter]?.default === undefined)
        .map((parameter) => ({ name, parameter })),
    );
    expect(missing.length).toBeGreaterThan(2);
    for (const { name, parameter } of missing)
      expect((await told(`  it: { uses: ${name} }\n`)).join('\n')).toContain(`needs the parameter "${parameter}"`);
  });

  it('a network that NIR can have, where it is made from the checkpoint', async () => {
    const float = train.replace('k: 1, B: 2', 'precision: fp32');
    const models = (name: string, formats: string, network: string) =>
      `  ${name}: { uses: export, with: { formats: [${formats}] }, inputs: { checkpoint: net${network} } }\n`;
    const fine = models('a', 'onnx', '') + models('b', 'onnx, nir', ', network: { file: package.json }');
    expect(await told(data + float + fine + models('c', 'onnx, nir', ''))).toEqual([
      '5 net E_VALUE An fp32 network has no quantised activations, so no number of spikes can stand for them. – train with `k` and `B`; of a sweep over precisions, `exclude` fp32 here',
    ]);
  });

  it('a network that can be converted, and data that it can take', async () => {
    const any = train
      .replace('k: 1, B: 2', "precision: '${{ precision }}'")
      .replace('train,', 'train, over: [precision],');
    const convert = '  snn: { uses: snn-convert, over: [precision], inputs: { checkpoint: net, data: cifar } }\n';
    const cifar = '  cifar: { uses: dataset, with: { name: cifar10 } }\n';
    const infer = '  ann: { uses: ann-infer, over: [precision], inputs: { checkpoint: net, data: data } }\n';
    expect(await told(data + cifar + any + convert + infer)).toEqual([
      '4 net E_VALUE An fp32 network has no quantised activations, so no number of spikes can stand for them (at precision=fp32). – train with `k` and `B`; of a sweep over precisions, `exclude` fp32 here',
      '4 cifar E_VALUE The network takes images of 28×28×1, but the images of cifar10 are 32×32×3 (at precision=fp32). – use the data set that it is trained on, or train another network on this one',
    ]);
  });
});

it('is not told where a name is mistyped that may be the one', async () => {
  expect(await told(`${data}  a: { uses: train, inputs: { data: data }, with: { netwrk: lenet } }\n`)).toEqual([
    '2 netwrk E_UNKNOWN_KEY Unknown key "netwrk". – did you mean "network"?',
  ]);
  expect(await told('  a: { uses: plot, inputs: { an: b } }\n')).toEqual([
    '1 an E_UNKNOWN_INPUT "a" (plot) has no input "an". – did you mean "ann"?',
  ]);
});
