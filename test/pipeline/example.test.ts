import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import type { Pipeline } from '../../src/pipeline/expand/task.js';
import { lines, load, pipelineOf, taskOf } from './load.js';

const text = lines(`
  # yaml-language-server: $schema=./pipeline.schema.json
  name: lenet-fashion
  description: LeNet of the paper, on Fashion-MNIST.

  axes:
    precision:                       # an axis of maps: each value is one point
      - { k: 0, B: 1 }
      - { k: 1, B: 2 }
    noise: [0, 0.1, 0.2]             # an axis of scalars

  params: { epochs: 100 }            # defaults, overridden by --set epochs=2 or by a profile
  profiles:
    smoke: { epochs: 1 }             # --profile smoke: the same graph, small, for CI

  stages:
    data:
      uses: dataset
      with: { name: fashion-mnist }

    train:
      uses: train
      over: [precision]
      inputs: { data: data }         # the default output of stage \`data\`
      with:
        network: lenet
        k: \${{ precision.k }}
        B: \${{ precision.B }}
        epochs: \${{ params.epochs }}
        learningRate: 1e-3

    resume:                          # the second half of the paper's schedule
      uses: train
      over: [precision]
      inputs: { data: data, checkpoint: train.checkpoint }
      with: { epochs: '\${{ params.epochs }}', learningRate: 1e-4 }

    ann:
      uses: ann-infer
      over: [precision]
      inputs: { data: data, checkpoint: resume }

    convert:
      uses: snn-convert
      over: [precision]
      inputs: { checkpoint: resume }

    snn:
      uses: snn-infer
      over: [precision, noise]       # \`convert\` has fewer axes: it is broadcast over noise
      inputs: { data: data, network: convert }
      with: { noise: '\${{ noise }}' }

    plots:
      uses: plot                     # \`snn\` has more axes than this stage: it arrives as a list (fan-in)
      inputs: { ann: ann, snn: snn }

    own:
      run: [python3, scripts/mine.py, --in, '\${{ inputs.snn }}', --out, '\${{ outputs.result }}']
      inputs: { snn: snn, script: { file: package.json } }
      outputs: { result: result.json }

  expect:
    - { stage: snn, at: { precision: { k: 1, B: 2 }, noise: 0 }, metric: accuracy, value: 0.9937, tolerance: 0.003, source: "README of the paper, MNIST table" }
`);

/** The example that explains the format. */
describe('the example', () => {
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await pipelineOf(text, { file: join(packageRoot, 'pipeline.yaml') });
  });

  it('becomes tasks, what they need first, otherwise in the order of the file', () => {
    expect(pipeline.tasks.map(({ id }) => id)).toEqual([
      'data',
      'train@precision=k0B1',
      'train@precision=k1B2',
      'resume@precision=k0B1',
      'resume@precision=k1B2',
      'ann@precision=k0B1',
      'ann@precision=k1B2',
      'convert@precision=k0B1',
      'convert@precision=k1B2',
      'snn@precision=k0B1,noise=0',
      'snn@precision=k0B1,noise=0.1',
      'snn@precision=k0B1,noise=0.2',
      'snn@precision=k1B2,noise=0',
      'snn@precision=k1B2,noise=0.1',
      'snn@precision=k1B2,noise=0.2',
      'plots',
      'own',
    ]);
  });

  it('evaluates expressions with their types and fills in defaults', () => {
    expect(taskOf(pipeline, 'train@precision=k1B2').parameters).toEqual({
      network: 'lenet',
      k: 1,
      B: 2,
      epochs: 100,
      learningRate: 1e-3,
    });
    expect(taskOf(pipeline, 'snn@precision=k0B1,noise=0.2').parameters).toEqual({ noise: 0.2 });
  });

  it('gives each task its point, inputs, outputs and resources', () => {
    const { axes, labels, inputs, outputs, env, resources } = taskOf(pipeline, 'resume@precision=k1B2');
    expect({ axes, labels, inputs, outputs, env, resources }).toEqual({
      axes: { precision: { k: 1, B: 2 } },
      labels: { precision: 'k1B2' },
      inputs: {
        data: { kind: 'output', task: 'data', output: 'data' },
        checkpoint: { kind: 'output', task: 'train@precision=k1B2', output: 'checkpoint' },
      },
      outputs: { checkpoint: 'checkpoint.safetensors', history: 'history.csv' },
      env: [],
      resources: { cpus: 'all' },
    });
  });

  it('broadcasts what has fewer axes', () => {
    expect(taskOf(pipeline, 'snn@precision=k1B2,noise=0.1').inputs).toEqual({
      data: { kind: 'output', task: 'data', output: 'data' },
      network: { kind: 'output', task: 'convert@precision=k1B2', output: 'network' },
    });
  });

  it('collects what has more axes, in the order of the axes', () => {
    const snn = ['k0B1', 'k1B2'].flatMap((precision) =>
      ['0', '0.1', '0.2'].map((noise) => ({ task: `snn@precision=${precision},noise=${noise}`, output: 'result' })),
    );
    expect(taskOf(pipeline, 'plots').inputs).toEqual({
      ann: {
        kind: 'list',
        items: [
          { task: 'ann@precision=k0B1', output: 'result' },
          { task: 'ann@precision=k1B2', output: 'result' },
        ],
      },
      snn: { kind: 'list', items: snn },
    });
  });

  it('leaves the paths of a command open', () => {
    const { action, inputs, outputs, parameters } = taskOf(pipeline, 'own');
    expect({ action, outputs, parameters }).toEqual({
      action: {
        kind: 'command',
        command: [
          [{ text: 'python3' }],
          [{ text: 'scripts/mine.py' }],
          [{ text: '--in' }],
          [{ input: 'snn' }],
          [{ text: '--out' }],
          [{ output: 'result' }],
        ],
      },
      outputs: { result: 'result.json' },
      parameters: {},
    });
    expect(inputs.script).toMatchObject({ kind: 'file', path: join(packageRoot, 'package.json') });
  });

  it('resolves what is expected', () => {
    const { range, ...expectation } = pipeline.expectations[0]!;
    expect(expectation).toEqual({
      tasks: ['snn@precision=k1B2,noise=0'],
      metric: 'accuracy',
      expected: { kind: 'value', value: 0.9937, tolerance: 0.003 },
      source: 'README of the paper, MNIST table',
    });
    expect(text.slice(range.start, range.end)).toMatch(/^\{ stage: snn, .* MNIST table" \}$/);
  });

  it('points each task at its stage', () => {
    const { start, end } = taskOf(pipeline, 'snn@precision=k1B2,noise=0').range;
    expect(text.slice(start, end)).toBe('snn');
  });

  it('has other numbers with a profile, and others again with --set', async () => {
    const file = join(packageRoot, 'pipeline.yaml');
    const epochs = async (options: object) => {
      const { tasks, params } = await pipelineOf(text, { file, ...options });
      return [params.epochs, tasks.find(({ stage }) => stage === 'train')!.parameters.epochs];
    };
    expect(await epochs({ profile: 'smoke' })).toEqual([1, 1]);
    expect(await epochs({ profile: 'smoke', set: ['epochs=7'] })).toEqual([7, 7]);
  });
});

describe('the pipelines of the repository', () => {
  it.each(['quickstart', 'lenet-fashion'])('%s has no mistakes', async (name) => {
    const { describeStage } = await import('../../src/stage/describe.js');
    const file = join(packageRoot, 'pipelines', `${name}.yaml`);
    const { diagnostics } = await load(readFileSync(file, 'utf8'), { file, resolveStage: describeStage });
    expect(diagnostics).toEqual([]);
  });
});
