import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeNpy, type NpyData } from '../../../src/formats/npy.js';
import { loadPipeline } from '../../../src/pipeline/load.js';
import { Forecasts } from '../../../src/run/estimate/forecasts.js';
import { describeStage } from '../../../src/stage/describe.js';
import type { Metrics, TaskId } from '../../../src/values.js';

const [count, classes] = [48, 4];
const data = 'data' as TaskId;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'forecasts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function save(name: string, shape: readonly number[], values: NpyData): void {
  writeFileSync(join(folder, name), encodeNpy({ shape, data: values }));
}

/** Images of 6×5 in three colours, and classes that take turns. */
function saveImages(): void {
  save('x.npy', [count, 6, 5, 3], new Uint8Array(count * 90));
  save(
    'y.npy',
    [count],
    Uint8Array.from({ length: count }, (_, i) => i % classes),
  );
}

/** What is told of a training on images of the user's, before anything has run. */
async function forecast(more = '', metrics?: Metrics) {
  const file = join(folder, 'own.yaml');
  writeFileSync(
    file,
    `name: own
stages:
  data: { uses: dataset, with: { name: mine, train: { images: x.npy, labels: y.npy }, test: { share: 0.25 }${more} } }
  train: { uses: train, inputs: { data: data }, with: { network: 4C3-P2, precision: { k: 0, B: 1 }, batch: 4, epochs: 1 } }
`,
  );
  const { pipeline, diagnostics } = await loadPipeline(file, { resolveStage: describeStage });
  expect(diagnostics).toEqual([]);
  const metricsOf = (id: TaskId) => (id === data ? metrics : undefined);
  const forecasts = await Forecasts.of(pipeline!, pipeline!.tasks, { threads: 1, metricsOf, anew: true });
  return { counts: forecasts.metrics(data), works: forecasts.missing(pipeline!.tasks).map(({ work }) => work) };
}

describe('what is forecast of data of one’s own', () => {
  it('is counted in its files, and measured with images of that shape', async () => {
    saveImages();
    const { counts, works } = await forecast();
    expect(counts).toEqual({ trainImages: 36, testImages: 12, classes, shape: [6, 5, 3] });
    expect(works).toMatchObject([
      { kind: 'train', shape: [6, 5, 3], batch: 4 },
      { kind: 'evaluate', shape: [6, 5, 3] },
    ]);
  });

  it('is no more than the part that is taken, nor more than there is', async () => {
    saveImages();
    const { counts } = await forecast(', subset: { train: 13, test: 4000 }');
    expect(counts).toMatchObject({ trainImages: 13, testImages: 12 });
  });

  it('is what was read, once it was', async () => {
    saveImages();
    const read = { trainImages: 3, testImages: 2, classes: 2, shape: [6, 5, 3] };
    expect((await forecast('', read)).counts).toEqual(read);
  });

  it('is nothing where files can’t be read: the task says why', async () => {
    saveImages();
    save('y.npy', [7], new Uint8Array(7));
    expect(await forecast()).toEqual({ counts: undefined, works: [] });
    writeFileSync(join(folder, 'x.npy'), 'no array');
    expect(await forecast()).toEqual({ counts: undefined, works: [] });
  });
});
