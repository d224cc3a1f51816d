import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import type { InputArtifact, StageContext } from '../../src/stage/definition.js';
import plot from '../../stages/plot.js';
import { annResults, snnResults } from './examples.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikeline-plot-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function artifact(name: string, content: string, labels: Record<string, string> = {}): Promise<InputArtifact> {
  const path = join(folder, name);
  await writeFile(path, content);
  return { path, axes: labels, labels };
}

function run(
  inputs: StageContext['inputs'],
  about: Partial<Parameters<typeof plot.run>[0]['parameters']>,
): ReturnType<typeof plot.run> {
  const parameters: Parameters<typeof plot.run>[0]['parameters'] = {
    formats: ['svg'],
    fontSize: 8,
    dpi: 192,
    ...about,
  };
  return plot.run({
    ...{ parameters, inputs, outputs: { plots: join(folder, 'plots') }, threads: 1, pipelineFolder: folder },
    signal: new AbortController().signal,
    resume: { load: async () => undefined, save: async () => undefined },
    progress: () => undefined,
    log: () => undefined,
    warn: () => undefined,
  });
}

describe('the stage plot', () => {
  it('writes charts and the table behind them', async () => {
    const ann = await Promise.all(annResults().map((result, i) => artifact(`ann${i}.json`, JSON.stringify(result))));
    const snn = await Promise.all(snnResults([0]).map((result, i) => artifact(`snn${i}.json`, JSON.stringify(result))));
    const history = await artifact(
      'history.csv',
      'epoch,learningRate,loss,trainAccuracy,testAccuracy\n1,0.001,0.5,0.8,\n2,0.001,0.4,0.9,0.85\n',
      { precision: 'k1B2' },
    );
    const metrics = await run({ ann, snn, history: [history] }, { formats: ['svg'] });
    expect(metrics).toEqual({ charts: ['accuracy', 'spikes', 'operations', 'energy', 'firing-rate', 'training'] });
    expect((await readdir(join(folder, 'plots'))).sort()).toEqual([
      ...[
        'accuracy.svg',
        'data.csv',
        'energy.svg',
        'firing-rate.svg',
        'operations.svg',
        'spikes.svg',
        'training.csv',
        'training.svg',
        'values',
      ],
    ]);
    expect(await readFile(join(folder, 'plots', 'training.csv'), 'utf8')).toBe(
      'precision,training,epoch,learningRate,loss,trainAccuracy,testAccuracy\n' +
        'k1B2,k1B2,1,0.001,0.5,0.8,\nk1B2,k1B2,2,0.001,0.4,0.9,0.85\n',
    );
    const data = await readFile(join(folder, 'plots', 'data.csv'), 'utf8');
    expect(data.split('\n').slice(0, 3)).toEqual([
      'stage,network,dataset,precision,noise,images,correct,accuracy,neurons,' +
        'spikesPerImage,firingRate,sopsPerImage,eventSopsPerImage,effectiveSopsPerImage,denseMacs',
      'ann-infer,vgg,cifar10,fp32,,10000,9285,0.9285,,,,,,,',
      'ann-infer,vgg,cifar10,k0B1,,10000,8912,0.8912,,,,,,,',
    ]);
  });

  it('gives each chart what it shows as CSV, a size on paper, and a font', async () => {
    const ann = await Promise.all(annResults().map((result, i) => artifact(`one${i}.json`, JSON.stringify(result))));
    const font = { path: join(packageRoot, 'node_modules/dejavu-fonts-ttf/ttf/DejaVuSerif.ttf'), axes: {}, labels: {} };
    await run({ ann, font }, { formats: ['svg', 'png', 'pdf'], size: [88, 60], title: false, dpi: 300 });
    const read = (name: string) => readFile(join(folder, 'plots', name));
    expect((await read('values/accuracy.csv')).toString().split('\n').slice(0, 2)).toEqual([
      'precision,series,row,accuracy (%),low,high,bounds,n',
      expect.stringMatching(/^fp32,FP32 baseline,FP32,92\.85\d*,92\.3\d+,93\.3\d+,wilson,1$/),
    ]);
    const svg = (await read('accuracy.svg')).toString();
    expect(svg).toContain('<svg width="88mm" height="60');
    expect(svg).toContain("'DejaVu Serif'");
    expect(svg).not.toContain('Accuracy by');
    const png = await read('accuracy.png');
    // 88 mm at 300 dots an inch, and as many in a metre.
    expect(Math.abs(png.readUInt32BE(16) - (88 / 25.4) * 300)).toBeLessThan(2);
    expect(png.readUInt32BE(png.indexOf('pHYs') + 4)).toBe(11811);
    expect((await read('accuracy.pdf')).toString('latin1')).toMatch(/\/MediaBox \[0 0 249\.4488 /);
    const text = await artifact('text.ttf', 'no font at all, but a text');
    await expect(run({ ann, font: text }, {})).rejects.toMatchObject({ code: 'E_FONT' });
  });

  it('says what is wrong with its inputs', async () => {
    const wrong = await artifact('wrong.json', '{"stage":"ann-infer"}');
    await expect(run({ ann: [wrong] }, { formats: ['svg'] })).rejects.toMatchObject({
      code: 'E_PLOT_INPUT',
      message: `${wrong.path} is not a result of ann-infer: "network" is missing or wrong.`,
    });
    const none = await artifact('none.csv', 'a,b\n');
    await expect(run({ history: [none] }, { formats: ['svg'] })).rejects.toMatchObject({
      code: 'E_PLOT_INPUT',
      message: `${none.path} is not a training history: its first line must name epoch, learningRate, loss, trainAccuracy, testAccuracy.`,
    });
  });
});
