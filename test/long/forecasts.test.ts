import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SampleWork } from '../../src/experiment/sample-work.js';
import { packageRoot } from '../../src/paths.js';
import { loadPipeline } from '../../src/pipeline/load.js';
import { Estimator } from '../../src/run/estimate/estimates.js';
import { Forecasts } from '../../src/run/estimate/forecasts.js';
import { describeStage } from '../../src/stage/describe.js';
import type { TaskId } from '../../src/values.js';

/** A network of so few operations that all its steps take milliseconds. */
const text = (more = '') => `name: tiny
axes: { precision: [fp32, { k: 1, B: 2 }] }
stages:
  data: { uses: dataset, with: { name: mnist } }
  train:
    uses: train
    over: [precision]
    inputs: { data: data }
    with: { network: 1C3/4-P2, precision: "\${{ precision }}", batch: 4, epochs: 3 }
  resume: { uses: train, over: [precision], inputs: { data: data, checkpoint: train }, with: { batch: 4, epochs: 2, validation: 1000 } }
  ann: { uses: ann-infer, over: [precision], inputs: { data: data, checkpoint: resume } }
  convert: { uses: snn-convert, over: [precision], exclude: [{ precision: fp32 }], inputs: { checkpoint: resume, data: data }, with: { compare: 500 } }
  snn: { uses: snn-infer, over: [precision], exclude: [{ precision: fp32 }], inputs: { data: data, network: convert }, with: { seed: [1, 2] } }
  report: { uses: report, inputs: { ann: ann } }
${more}`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'forecasts-'));
  vi.stubEnv('SPIKELINE_CACHE', join(folder, 'cache'));
  // Native ones would be compiled anew for each cache.
  vi.stubEnv('SPIKELINE_KERNELS', 'wasm');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function forecastsOf(anew = false, yaml = text()) {
  const file = join(folder, 'tiny.yaml');
  writeFileSync(file, yaml);
  const { pipeline, diagnostics } = await loadPipeline(file, { resolveStage: describeStage });
  if (pipeline === undefined) throw new Error(JSON.stringify(diagnostics));
  const forecasts = await Forecasts.of(pipeline, pipeline.tasks, { threads: 1, metricsOf: () => undefined, anew });
  const task = (id: string) => pipeline.tasks.find((one) => one.id === (id as TaskId))!;
  return { pipeline, forecasts, task, missing: forecasts.missing(pipeline.tasks) };
}

const kindsOf = (samples: readonly { readonly work: unknown }[]) =>
  samples.map(({ work }) => {
    const { kind, network } = work as SampleWork;
    return `${kind} ${network.precision.kind}`;
  });

describe('forecasts', () => {
  it('know what tasks will compute, each work once, and how many images a known data set has', async () => {
    const { forecasts, missing, task } = await forecastsOf();
    expect(kindsOf(missing)).toEqual([
      ...['train fp32', 'evaluate fp32', 'train quantised', 'evaluate quantised'],
      ...['compare quantised', 'simulate quantised'],
    ]);
    expect(missing[0]!.work).toMatchObject({ batch: 4, gradients: 'float32', shape: [28, 28, 1] });
    expect(forecasts.metrics('data' as TaskId)).toEqual({
      ...{ trainImages: 60_000, testImages: 10_000, classes: 10, shape: [28, 28, 1] },
    });
    expect(forecasts.of(task('train@precision=fp32'))).toBeUndefined();
    expect(forecasts.of(task('report'))).toEqual({ each: 0, threads: 1, once: 2 });
    expect(forecasts.isMeasured(task('report'))).toBe(false);
  });

  it('measure a few steps, scale them, and remember them', async () => {
    const { pipeline, forecasts, missing, task } = await forecastsOf();
    for (const sample of missing) await forecasts.measure(sample);
    expect(forecasts.missing(pipeline.tasks)).toEqual([]);
    expect(pipeline.tasks.filter((one) => forecasts.isMeasured(one)).length).toBe(pipeline.tasks.length - 2);
    const { each, once } = forecasts.of(task('train@precision=fp32'))!;
    expect(each).toBeGreaterThan(0);
    // Node itself takes longer than that.
    expect(once).toBeGreaterThan(0.01);

    const estimator = new Estimator(pipeline, [], () => undefined, forecasts);
    expect(estimator.estimate(task('train@precision=fp32'))!.seconds(1)).toBeCloseTo(once! + 3 * 60_000 * each, 6);
    // A training that goes on computes the same, but on fewer images, and tests on more.
    expect(forecasts.of(task('resume@precision=fp32'))!.each).not.toBe(each);
    // 500 of 10,000 test images are compared.
    const before = forecasts.of(task('convert@precision=k1B2'))!.once!;
    const compared = estimator.estimate(task('convert@precision=k1B2'))!.seconds(1) - before;
    const again = await forecastsOf(false, text().replace('compare: 500', 'compare: 1000'));
    const more = new Estimator(again.pipeline, [], () => undefined, again.forecasts);
    expect(more.estimate(again.task('convert@precision=k1B2'))!.seconds(1) - before).toBeCloseTo(2 * compared, 6);

    const later = await forecastsOf();
    expect(later.missing).toEqual([]);
    expect(later.forecasts.of(later.task('train@precision=fp32'))!.each).toBe(each);
    expect((await forecastsOf(true)).missing.length).toBe(missing.length);
    // Another batch is other work.
    expect(kindsOf((await forecastsOf(false, text().replaceAll('batch: 4', 'batch: 5'))).missing)).toEqual([
      ...['train fp32', 'train quantised'],
    ]);
  });

  it('measure a few kinds of the paper: neither bits nor noise nor classes make more of them', async () => {
    const file = join(packageRoot, 'pipelines/paper.yaml');
    const { pipeline } = await loadPipeline(file, { resolveStage: describeStage });
    const settings = { threads: 1, metricsOf: () => undefined, anew: true };
    const forecasts = await Forecasts.of(pipeline!, pipeline!.tasks, settings);
    const titles = forecasts.missing(pipeline!.tasks).map(({ title }) => title);
    const kinds = (network: string, batch: number) => [
      ...[`training of ${network}, fp32, batch ${batch}`, `test of ${network}, fp32`],
      ...[`training of ${network}, ternary, batch ${batch}`, `test of ${network}, ternary`],
      ...[`comparison of ANN and SNN of ${network}, ternary`, `simulation of ${network}, ternary`],
      `simulation of ${network}, ternary, with noise`,
    ];
    expect(titles.sort()).toEqual([...kinds('lenet', 128), ...kinds('vgg', 200)].sort());
  });

  it('remember that others were busy while something was measured', async () => {
    const first = await forecastsOf();
    const { hindered } = await first.forecasts.measure(first.missing[0]!);
    const cache = join(folder, 'cache/measured');
    const [name] = readdirSync(cache);
    const text = readFileSync(join(cache, name!), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ hindered });
    const training = 'train@precision=fp32';
    for (const busy of [true, false]) {
      writeFileSync(join(cache, name!), JSON.stringify({ ...JSON.parse(text), hindered: busy }));
      const { forecasts, task } = await forecastsOf();
      expect(forecasts.isHindered(task(training))).toBe(busy);
    }
  });

  it('take what cannot be read for not measured', async () => {
    const { forecasts, missing } = await forecastsOf();
    await forecasts.measure(missing[0]!);
    const cache = join(folder, 'cache/measured');
    for (const name of readdirSync(cache)) writeFileSync(join(cache, name), '{"each": "soon", "once": 1}');
    expect((await forecastsOf()).missing.length).toBe(missing.length);
  });

  it('tell nothing of a network that no parameter says', async () => {
    const own = '  own: { uses: ann-infer, inputs: { data: data, checkpoint: { file: tiny.yaml } } }\n';
    const { forecasts, task, missing } = await forecastsOf(false, text(own));
    expect(missing.length).toBe(6);
    expect(forecasts.missing([task('own')])).toEqual([]);
    expect(forecasts.of(task('own'))).toBeUndefined();
  });
});
