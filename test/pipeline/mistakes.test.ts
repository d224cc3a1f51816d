import { describe, expect, it } from 'vitest';
import { lines, mistakes } from './load.js';

/** The ten mistakes that people make most, each as a user sees it. */
describe('typical mistakes', () => {
  it('a misspelt key', async () => {
    const text = lines(`
      name: lenet
      stages:
        data:
          uses: dataset
          with: { name: mnist }
        train:
          uses: train
          inputs: { data: data }
          with:
            learningrate: 1e-3
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:10:7: error[E_UNKNOWN_KEY]: Unknown key "learningrate".
          10 |       learningrate: 1e-3
             |       ^^^^^^^^^^^^
          hint: did you mean "learningRate"?
      `),
    );
  });

  it('a wrong type', async () => {
    const text = lines(`
      name: lenet
      axes:
        noise: [0, 0.1]
      stages:
        data:
          uses: dataset
          over: noise
          with: { name: mnist }
        train:
          uses: train
          inputs: { data: data }
          with: { epochs: '10', learningRate: fast }
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:7:11: error[E_TYPE]: "over" must be a list, not "noise".
           7 |     over: noise
             |           ^^^^^
          hint: write [noise]

        pipeline.yaml:12:21: error[E_TYPE]: "epochs" must be a whole number, not "10".
          12 |     with: { epochs: '10', learningRate: fast }
             |                     ^^^^
          hint: write 10, without quotes

        pipeline.yaml:12:41: error[E_TYPE]: "learningRate" must be a number, not "fast".
          12 |     with: { epochs: '10', learningRate: fast }
             |                                         ^^^^
      `),
    );
  });

  it('an unknown stage', async () => {
    const text = lines(`
      name: lenet
      stages:
        data:
          uses: datasets
          with: { name: mnist }
        train:
          uses: train
          inputs: { data: dat }
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:4:11: error[E_UNKNOWN_STAGE]: There is no stage "datasets".
           4 |     uses: datasets
             |           ^^^^^^^^
          hint: did you mean "dataset"?

        pipeline.yaml:8:21: error[E_UNKNOWN_STAGE]: There is no stage "dat".
           8 |     inputs: { data: dat }
             |                     ^^^
          hint: did you mean "data"?
      `),
    );
  });

  it('a cycle', async () => {
    const text = lines(`
      name: lenet
      stages:
        data:
          uses: dataset
          with: { name: mnist }
        train:
          uses: train
          inputs: { data: data, checkpoint: resume }
        convert:
          uses: snn-convert
          inputs: { checkpoint: train }
        resume:
          uses: train
          inputs: { data: data, checkpoint: train }
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:14:39: error[E_CYCLE]: The stages wait for each other: train → resume → train (each takes the output of the next).
          14 |     inputs: { data: data, checkpoint: train }
             |                                       ^^^^^
          pipeline.yaml:8:39: "train" takes "resume" here
           8 |     inputs: { data: data, checkpoint: resume }
             |                                       ^^^^^^
          hint: remove one of them
      `),
    );
  });

  it('an unknown axis', async () => {
    const text = lines(`
      name: lenet
      axes:
        precision: [{ k: 0, B: 1 }, { k: 1, B: 2 }]
        noise: [0, 0.1]
      stages:
        data:
          uses: dataset
          with: { name: mnist }
        train:
          uses: train
          over: [precison]
          inputs: { data: data }
          with: { k: '\${{ precison.k }}', B: '\${{ precison.B }}' }
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:11:12: error[E_UNKNOWN_AXIS]: There is no axis "precison".
          11 |     over: [precison]
             |            ^^^^^^^^
          hint: did you mean "precision"?
      `),
    );
  });

  it('a missing input', async () => {
    const text = lines(`
      name: lenet
      stages:
        data:
          uses: dataset
          with: { name: mnist }
        train:
          uses: train
        test:
          uses: ann-infer
          inputs: { data: data }
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:6:3: error[E_MISSING_INPUT]: "train" needs the input "data": data set.
           6 |   train:
             |   ^^^^^
          hint: add inputs: { data: STAGE }

        pipeline.yaml:10:5: error[E_MISSING_INPUT]: "test" (ann-infer) needs the input "checkpoint": the network.
          10 |     inputs: { data: data }
             |     ^^^^^^
          hint: add checkpoint: STAGE
      `),
    );
  });

  it('a bad expression', async () => {
    const text = lines(`
      name: lenet
      axes:
        precision: [{ k: 0, B: 1 }]
        noise: [0, 0.1]
      params: { epochs: 10 }
      stages:
        data:
          uses: dataset
          with: { name: mnist }
        train:
          uses: train
          over: [precision]
          inputs: { data: data }
          with:
            epochs: \${{ params.epoch }}
            k: \${{ precision.bits }}
            B: \${{ noise }}
            learningRate: \${{ 1 / params.epochs }}
        resume:
          uses: train
          inputs: { data: data }
          with:
            epochs: \${{ epochs }}
            learningRate: \${{ params.epochs }
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:15:26: error[E_UNKNOWN_NAME]: There is no "epoch" in params.
          15 |       epochs: \${{ params.epoch }}
             |                          ^^^^^
          hint: did you mean "epochs"?

        pipeline.yaml:16:24: error[E_UNKNOWN_NAME]: There is no "bits" in precision.
          16 |       k: \${{ precision.bits }}
             |                        ^^^^
          hint: known: k, B

        pipeline.yaml:17:14: error[E_UNKNOWN_NAME]: There is no "noise".
          17 |       B: \${{ noise }}
             |              ^^^^^
          hint: the stage is not swept over "noise": write over: [precision, noise]

        pipeline.yaml:18:21: error[E_EXPRESSION]: "1 / params.epochs" is not a name: expressions hold names and dotted paths only.
          18 |       learningRate: \${{ 1 / params.epochs }}
             |                     ^^^^^^^^^^^^^^^^^^^^^^^^
          hint: such as \${{ params.epochs }} or \${{ precision.k }}

        pipeline.yaml:23:19: error[E_UNKNOWN_NAME]: There is no "epochs".
          23 |       epochs: \${{ epochs }}
             |                   ^^^^^^
          hint: did you mean "params.epochs"?

        pipeline.yaml:24:21: error[E_EXPRESSION]: An expression ends with }}, and this one does not.
          24 |       learningRate: \${{ params.epochs }
             |                     ^^^^^^^^^^^^^^^^^^^
      `),
    );
  });

  it('a name that is there twice', async () => {
    const text = lines(`
      name: lenet
      stages:
        data:
          uses: dataset
          with: { name: mnist }
        data:
          uses: dataset
          with: { name: fashion-mnist }
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:6:3: error[E_DUPLICATE]: "data" is here twice.
           6 |   data:
             |   ^^^^
          pipeline.yaml:3:3: "data" is first here
           3 |   data:
             |   ^^^^
          hint: rename one of them, or remove it
      `),
    );
  });

  it('an expression in braces without quotes', async () => {
    const text = lines(`
      name: lenet
      params: { epochs: 10, rate: 1e-3 }
      stages:
        data:
          uses: dataset
          with: { name: mnist }
        train:
          uses: train
          inputs: { data: data }
          with: { epochs: \${{ params.epochs }}, learningRate: \${{ params.rate }} }
        own:
          run: [echo, \${{ params.rate }}]
          inputs: { data: data
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:10:21: error[E_YAML_EXPRESSION]: An expression inside { } or [ ] must be quoted: YAML takes its braces for a map.
          10 |     with: { epochs: \${{ params.epochs }}, learningRate: \${{ params.rate }} }
             |                     ^^^^^^^^^^^^^^^^^^^^
          hint: write '\${{ params.epochs }}', with the quotes

        pipeline.yaml:10:57: error[E_YAML_EXPRESSION]: An expression inside { } or [ ] must be quoted: YAML takes its braces for a map.
          10 |     with: { epochs: \${{ params.epochs }}, learningRate: \${{ params.rate }} }
             |                                                         ^^^^^^^^^^^^^^^^^^
          hint: write '\${{ params.rate }}', with the quotes

        pipeline.yaml:12:17: error[E_YAML_EXPRESSION]: An expression inside { } or [ ] must be quoted: YAML takes its braces for a map.
          12 |     run: [echo, \${{ params.rate }}]
             |                 ^^^^^^^^^^^^^^^^^^
          hint: write '\${{ params.rate }}', with the quotes

        pipeline.yaml:13:13: error[E_YAML]: This { is never closed.
          13 |     inputs: { data: data
             |             ^
          hint: add the } that belongs to it
      `),
    );
  });

  it('a parameter out of range', async () => {
    const text = lines(`
      name: lenet
      axes:
        noise: [0, 0.5, 1.5, 2]
      params: { epochs: -1 }
      stages:
        data:
          uses: dataset
          with: { name: mnits }
        train:
          uses: train
          inputs: { data: data }
          with:
            epochs: \${{ params.epochs }}
            learningRate: 0
        convert:
          uses: snn-convert
          inputs: { checkpoint: train }
        snn:
          uses: snn-infer
          over: [noise]
          inputs: { data: data, network: convert }
          with: { noise: '\${{ noise }}' }
    `);
    expect(await mistakes(text)).toBe(
      lines(`
        pipeline.yaml:8:19: error[E_VALUE]: "name" must be mnist or fashion-mnist, not "mnits".
           8 |     with: { name: mnits }
             |                   ^^^^^
          hint: did you mean "mnist"?

        pipeline.yaml:13:15: error[E_VALUE]: "epochs" must be at least 1, not -1 (from params.epochs).
          13 |       epochs: \${{ params.epochs }}
             |               ^^^^^^^^^^^^^^^^^^^^
          pipeline.yaml:4:19: params.epochs is here
           4 | params: { epochs: -1 }
             |                   ^^

        pipeline.yaml:14:21: error[E_VALUE]: "learningRate" must be more than 0, not 0.
          14 |       learningRate: 0
             |                     ^

        pipeline.yaml:22:20: error[E_VALUE]: "noise" must be at most 1, not 1.5 (from noise, at noise=1.5).
          22 |     with: { noise: '\${{ noise }}' }
             |                    ^^^^^^^^^^^^^^
          pipeline.yaml:3:19: noise is here
           3 |   noise: [0, 0.5, 1.5, 2]
             |                   ^^^
      `),
    );
  });
});
