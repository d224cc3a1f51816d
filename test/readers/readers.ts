import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { create } from 'tar';
import { readConfig } from '../../src/config/config.js';
import { readCustom } from '../../src/data/custom.js';
import { readMembers } from '../../src/data/extract.js';
import { idxFile } from '../../src/data/formats/idx.js';
import { decodePng } from '../../src/data/formats/png.js';
import { allParts } from '../../src/data/layouts/layout.js';
import { layoutsOf } from '../../src/data/layouts/layouts.js';
import { readParquet } from '../../src/data/layouts/parquet.js';
import { exportedTensors } from '../../src/exchange/arrays.js';
import { importCheckpoint } from '../../src/exchange/import.js';
import { writePlain } from '../../src/exchange/plain.js';
import { writeTensorLayer } from '../../src/exchange/tensorlayer/checkpoint.js';
import { writeTorch } from '../../src/exchange/torch.js';
import { encodeNpy } from '../../src/formats/npy.js';
import { zip } from '../../src/formats/zip.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/network/checkpoint.js';
import { loadPipeline } from '../../src/pipeline/load.js';
import { decodeManifest, encodeManifest } from '../../src/store/manifest.js';
import { keyOf } from '../../src/store/record.js';
import { decodeEntry, encodeEntry } from '../../src/store/remote/entry.js';
import type { Digest } from '../../src/values.js';
import { tinyCifar10, tinyMnist } from '../data/described.js';
import { tiny, tinyParameters } from '../exchange/tiny.js';
import { resolveFake } from '../pipeline/stages.js';
import { keyParts, recordOf } from '../store/examples.js';
import { ownFileReaders } from './own-files.js';
import { withChecksums } from './png.js';

/** A way in which bytes come in from outside. */
export interface Reader {
  readonly name: string;
  /** Sound files. */
  readonly files: readonly Uint8Array[];
  /** What the damage is wrapped in, so that checksums and compression do not hide it. */
  readonly wrap?: (damaged: Buffer) => Promise<Uint8Array> | Uint8Array;
  /** Ends in an error with a code, or in whatever value. */
  read(bytes: Uint8Array): unknown;
  /** Of a hundred inputs of others, how many it gets; those that start a thread or load a pipeline take their time. */
  readonly share?: number;
}

/** @param fixtures the folder `test/data/fixtures` @param scratch an empty folder */
export async function allReaders(fixtures: string, scratch: string): Promise<readonly Reader[]> {
  const inFile = (name: string, bytes: Uint8Array): string => {
    const path = join(scratch, name);
    writeFileSync(path, bytes);
    return path;
  };
  const gzip = (damaged: Buffer) => gzipSync(damaged, { level: 1 });

  const npy = encodeNpy({ shape: [2, 28, 28], data: new Uint8Array(2 * 784).fill(7) });
  const idx = idxFile({ shape: [2, 28, 28], data: new Uint8Array(2 * 784).fill(7) });
  const arrays = [npy, idx, encodeNpy({ shape: [2], data: Float64Array.of(1, 2) })];
  const custom = (bytes: Uint8Array) => {
    const half = { images: inFile('images', bytes), labels: inFile('labels', encodeLabels()) };
    return readCustom({ name: 'mine', train: half, test: half, scale: 255, folder: scratch });
  };

  const tensors = exportedTensors(tiny, tinyParameters, 'latent');
  const plain = await writePlain(tiny, tensors);
  const [tensorLayer, torch] = [await writeTensorLayer(tiny, tensors), writeTorch(tiny, tensors)];
  const checkpoint = encodeCheckpoint({ network: tiny, parameters: tinyParameters, epoch: 1, seed: 2 });
  const checkpoints = { read: (bytes: Uint8Array) => importCheckpoint(bytes, tiny, 'a file') };
  const { unzip } = await import('../../src/formats/zip.js');
  const inside = async (file: Uint8Array) => [...(await unzip(file, 2 ** 20)).values()];

  const layout = (described: typeof tinyCifar10, name: string) =>
    layoutsOf(described.published).find((candidate) => candidate.name === name)!;
  const batches = ['python2', 'python3-protocol2', 'python3-protocol5'].map((writer) =>
    readFileSync(join(fixtures, writer, 'cifar-10-batches-py/data_batch_1')),
  );
  const { published } = tinyCifar10;
  const hub = join(fixtures, 'hub/plain_text');
  const parquets = ['train', 'test'].map((half) => readFileSync(join(hub, `${half}-00000-of-00001.parquet`)));
  const python = 'cifar-10-batches-py';
  mkdirSync(join(scratch, 'archives'), { recursive: true });
  const tarFile = join(scratch, 'archives/a.tar');
  create({ file: tarFile, cwd: join(fixtures, 'python2'), sync: true }, [python]);
  const tar = readFileSync(tarFile);
  const tarLimits = new Map(['data_batch_1', 'test_batch'].map((name) => [`${python}/${name}`, 10_000]));

  const manifest = encodeManifest({
    type: 'spikeline-folder/2',
    files: ['a', 'b/c', 'b/d'].map((path) => ({
      path,
      size: 3,
      digest: `sha256:${'0'.repeat(64)}` as Digest,
      executable: false,
    })),
    emptyFolders: ['e'],
    links: [{ path: 'b/l', target: '../a' }],
  });
  const record = recordOf(keyParts({ a: 1 }, { out: 'out' }), {
    out: { kind: 'file', digest: `sha256:${'1'.repeat(64)}` as Digest, size: 3 },
  });
  const key = keyOf(record.parts);
  const entry = encodeEntry(record, [{ digest: record.outputs.out!.digest, size: 3 }]);

  return [
    { name: 'arrays', files: arrays, read: custom },
    { name: 'arrays, compressed', files: arrays.map((file) => gzipSync(file)), read: custom },
    { name: 'arrays in gzip', files: arrays, wrap: gzip, read: custom },
    { name: 'checkpoints', files: [plain, tensorLayer, torch], share: 50, ...checkpoints },
    {
      name: 'arrays in npz',
      share: 30,
      files: await inside(plain),
      wrap: async (damaged) =>
        zip(new Map([...(await unzip(plain, 2 ** 20))].map(([name, bytes], i) => [name, i === 0 ? damaged : bytes]))),
      ...checkpoints,
    },
    {
      name: 'pickles in npz',
      files: await inside(tensorLayer),
      wrap: (damaged) => zip(new Map([['params.npy', damaged]])),
      ...checkpoints,
    },
    { name: 'our checkpoints', files: [checkpoint, torch], read: (bytes) => decodeCheckpoint(bytes, 'a file') },
    {
      name: "Python's batches",
      files: batches,
      read: (bytes) =>
        layout(tinyCifar10, 'python-folder').read(
          allParts(published).map(() => inFile('batch', bytes)),
          published,
        ),
    },
    {
      name: 'binary batches',
      files: [[...tinyCifar10.parts.values()][0]!],
      read: (bytes) =>
        layout(tinyCifar10, 'binary-folder').read(
          allParts(published).map(() => inFile('batch', bytes)),
          published,
        ),
    },
    {
      name: "Keras's npz",
      files: [readFileSync(join(fixtures, 'mnist.npz'))],
      read: (bytes) => layout(tinyMnist, 'npz').read([inFile('mnist.npz', bytes)], tinyMnist.published),
    },
    {
      name: 'IDX files',
      files: [...tinyMnist.parts.values()].flatMap((bytes) => [bytes, gzipSync(bytes)]),
      read: (bytes) =>
        layout(tinyMnist, 'idx').read(
          [...tinyMnist.parts].map(() => inFile('idx', bytes)),
          tinyMnist.published,
        ),
    },
    { name: 'tar.gz', files: [gzipSync(tar)], read: (bytes) => readMembers(inFile('a.tar.gz', bytes), tarLimits) },
    {
      name: 'tar in gzip',
      files: [tar],
      wrap: gzip,
      read: (bytes) => readMembers(inFile('a.tar.gz', bytes), tarLimits),
    },
    {
      name: 'Parquet',
      files: parquets,
      share: 20,
      read: (bytes) => readParquet(inFile('a.parquet', bytes), published.test, 1),
    },
    { name: 'PNG', files: pngs(parquets[0]!), read: (bytes) => coded(() => decodePng(bytes, 32, 32)) },
    {
      name: 'PNG, checksums right',
      files: pngs(parquets[0]!),
      wrap: withChecksums,
      read: (bytes) => coded(() => decodePng(bytes, 32, 32)),
    },
    {
      name: 'manifests',
      files: [Buffer.from(manifest)],
      read: (bytes) => decodeManifest(Buffer.from(bytes)),
    },
    { name: 'entries of remotes', files: [entry], read: (bytes) => decodeEntry(bytes, key) },
    {
      name: 'pipelines',
      files: ['sound', 'anchors'].map((name) => Buffer.from(pipelines[name]!)),
      share: 20,
      read: (bytes) =>
        loadPipeline('pipeline.yaml', { text: Buffer.from(bytes).toString(), resolveStage: resolveFake }),
    },
    {
      name: 'configuration',
      files: [Buffer.from(config)],
      share: 50,
      read: (bytes) => readConfig(inFile('config.yaml', bytes)),
    },
    ...(await ownFileReaders(fixtures, scratch, inFile)),
  ];
}

const encodeLabels = () => idxFile({ shape: [2], data: Uint8Array.of(0, 1) });

/** What its caller makes of plain errors. */
function coded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error as Error).message || (error as Error).constructor === TypeError) throw error;
    throw Object.assign(error as Error, { code: 'E_DATA_FORM' });
  }
}

/** The images in an uncompressed place of a Parquet file: PNGs can't be compressed any more. */
function pngs(parquet: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = parquet.indexOf('\x89PNG', 0, 'latin1'); at >= 0; at = parquet.indexOf('\x89PNG', at + 1, 'latin1'))
    found.push(parquet.subarray(at, parquet.indexOf('IEND', at) + 8));
  return found;
}

const pipelines: Readonly<Record<string, string>> = {
  sound: `
name: sound
axes: { noise: [0, 0.1], precision: [fp32, { k: 1, B: 2, label: fine }] }
params: { epochs: 2 }
profiles: { smoke: { epochs: 1 } }
stages:
  data: { uses: dataset, with: { name: mnist } }
  train: { uses: train, over: [precision], inputs: { data: data }, with: { epochs: '\${{ params.epochs }}' } }
  own:
    run: sh \${{ inputs.train }} > \${{ outputs.out }}
    inputs: { train: train }
    outputs: { out: out.txt }
expect:
  - { stage: train, metric: accuracy, value: 0.9, tolerance: 0.1 }
`,
  anchors: `
name: anchors
x-common: &common { outputs: { out: out }, timeout: 10m }
stages:
  a: { <<: *common, run: [sh, -c, 'echo > "$0"', '\${{ outputs.out }}'] }
  b: { <<: *common, run: [cp, '\${{ inputs.a }}', '\${{ outputs.out }}'], inputs: { a: a.out } }
`,
};

const config = `
cache: { remote: 'https://example.org/cache', token: ABC }
slurm: { partition: short }
`;
