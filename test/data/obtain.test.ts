import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acquirePublished } from '../../src/data/acquire.js';
import type { PublishedDataset } from '../../src/data/published.js';
import { type Described, describe as describeData, tinyCifar10, tinyCifar100, tinyMnist } from './described.js';
import { FileServer, md5 } from './server.js';

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));

let folder: string;
let log: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spikeline-obtain-'));
  log = [];
  for (const [name, value] of Object.entries({
    SPIKELINE_CACHE: join(folder, 'cache'),
    HOME: join(folder, 'home'),
    XDG_CACHE_HOME: undefined,
    SPIKELINE_DATA: undefined,
    SPIKELINE_MIRROR: undefined,
    KERAS_HOME: undefined,
    HF_HOME: undefined,
    HF_HUB_CACHE: undefined,
  }))
    vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

interface Where {
  readonly source?: string;
  readonly published?: PublishedDataset;
}

/** Images and labels in the end, from whatever is found. */
async function read({ name, published }: Described, where: Where = {}) {
  const { train, test } = await acquirePublished(name, where.published ?? published, {
    signal: new AbortController().signal,
    progress: () => undefined,
    log: (line) => log.push(line),
    scale: 256,
    retryMs: 1,
    project: join(folder, 'project'),
    ...(where.source === undefined ? {} : { source: where.source }),
  });
  return [train, test].map((half) => [half.count, md5(half.images), md5(half.labels)]);
}

/** Puts a data set's parts into a folder in its first layout. */
function put(described: Described, to: string, change = (bytes: Buffer): Uint8Array => bytes, ending = ''): string {
  mkdirSync(to, { recursive: true });
  for (const [part, bytes] of described.parts) writeFileSync(join(to, part + ending), change(bytes));
  return to;
}

function copy(from: string, to: string): string {
  cpSync(join(fixtures, from), join(folder, to), { recursive: true });
  return join(folder, to);
}

function archive(from: string, to: string): string {
  mkdirSync(dirname(join(folder, to)), { recursive: true });
  execFileSync('tar', ['-czf', join(folder, to), '-C', join(fixtures, from, '..'), from.split('/').at(-1)!]);
  return join(folder, to);
}

const cifars = [
  ['CIFAR-10', tinyCifar10, 'cifar-10-batches-py', 'cifar-10-python.tar.gz', 'plain_text', 'cifar-10-batches-bin'],
  ['CIFAR-100', tinyCifar100, 'cifar-100-python', 'cifar-100-python.tar.gz', 'cifar100', 'cifar-100-binary'],
] as const;

describe.each(cifars)('%s', (title, described, python, pythonArchive, parquet, binary) => {
  it('has the same content whatever it is read from', async () => {
    const first = await read(described, { source: put(described, join(folder, 'first', binary)) });
    expect(first.map(([count]) => count)).toEqual(described === tinyCifar10 ? [10, 2] : [2, 2]);
    const same = async (source: string) => expect(await read(described, { source }), source).toEqual(first);
    await same(join(folder, 'first'));
    for (const writer of ['python2', 'python3-protocol2', 'python3-protocol5']) {
      await same(join(fixtures, writer, python));
      await same(join(fixtures, writer));
    }
    const packed = archive(`python2/${python}`, `packed/${pythonArchive}`);
    await same(packed);
    await same(join(folder, 'packed'));
    await same(join(fixtures, 'hub'));
    await same(join(fixtures, 'hub', parquet));
    expect(log).toContain(`${title}: Hugging Face's Parquet files in ${join(fixtures, 'hub', parquet)}`);
  });

  it('is found where Keras, Hugging Face and torchvision keep it, and said to be', async () => {
    const first = await read(described, { source: join(fixtures, 'python2') });
    const places = [
      [
        copy(`python2/${python}`, `home/.keras/datasets/${python}`),
        () => rmSync(join(folder, 'home/.keras'), { recursive: true }),
      ],
      [copy(`python2/${python}`, `project/data/${python}`), () => rmSync(join(folder, 'project'), { recursive: true })],
    ] as const;
    expect(await read(described)).toEqual(first);
    expect(log.at(-1)).toBe(`${title}: Python version, ${python} in ${places[1][0]}`);
    places[1][1]();
    expect(await read(described)).toEqual(first);
    expect(log.at(-1)).toBe(`${title}: Python version, ${python} in ${places[0][0]}`);
    places[0][1]();
    // Its cache is full of links.
    copy(`hub/${parquet}`, 'blobs');
    const hub = join(
      folder,
      'home/.cache/huggingface/hub',
      `datasets--uoft-cs--${described.name}/snapshots/abc`,
      parquet,
    );
    mkdirSync(hub, { recursive: true });
    for (const half of ['train', 'test'])
      symlinkSync(join(folder, `blobs/${half}-00000-of-00001.parquet`), join(hub, `${half}-00000-of-00001.parquet`));
    expect(await read(described)).toEqual(first);
    expect(log.at(-1)).toBe(`${title}: Hugging Face's Parquet files in ${hub}`);
  });
});

it('a pickle may be twice as large as its images: Python 3 writes each byte from 128 on as two, in protocol 2', async () => {
  const count = 50;
  const records = Buffer.concat(
    Array.from({ length: count }, () => Buffer.concat([Buffer.from([3, 7]), Buffer.alloc(3072, 255)])),
  );
  const train = tinyCifar100.parts.get('train.bin')!;
  const whitest = describeData('cifar100', [['train.bin', train]], [['test.bin', records]]);
  const source = copy('python3-protocol2/cifar-100-python', 'cifar-100-python');
  const written = readFileSync(join(source, 'test')).toString('latin1');
  // The text of the pixels lies between these instructions.
  const [start, end] = [written.indexOf('h\x0fX') + 3, written.indexOf('q\x1dh\x11')];
  const pixels = Buffer.from('\xff'.repeat(count * 3072));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(pixels.length);
  const more = written
    .slice(0, start)
    .replace('K\x1eK\x1fe', `${'K\x07'.repeat(count)}e`)
    .replace('K\x0aK\x0be', `${'K\x03'.repeat(count)}e`)
    .replace('K\x01K\x02M\x00\x0c', `K\x01K${String.fromCharCode(count)}M\x00\x0c`);
  const rest = Buffer.from(written.slice(end), 'latin1');
  writeFileSync(join(source, 'test'), Buffer.concat([Buffer.from(more, 'latin1'), size, pixels, rest]));
  const first = await read(whitest, { source: put(whitest, join(folder, 'cifar-100-binary')) });
  expect(first.map(([images]) => images)).toEqual([2, count]);
  expect(await read(whitest, { source })).toEqual(first);
});

describe('MNIST', () => {
  it("has the same content from IDX files, compressed or not, and from Keras's archive", async () => {
    const first = await read(tinyMnist, { source: put(tinyMnist, join(folder, 'root/MNIST/raw')) });
    const zipped = put(tinyMnist, join(folder, 'gz'), (bytes) => gzipSync(bytes), '.gz');
    for (const source of [join(folder, 'root'), zipped, join(fixtures, 'mnist.npz'), fixtures])
      expect(await read(tinyMnist, { source }), source).toEqual(first);
    copy('mnist.npz', 'keras/datasets/mnist.npz');
    vi.stubEnv('KERAS_HOME', join(folder, 'keras'));
    expect(await read(tinyMnist)).toEqual(first);
    expect(log.at(-1)).toBe(`MNIST: Keras's mnist.npz in ${join(folder, 'keras/datasets')}`);
  });
});

describe('what is not as it was published', () => {
  const other = (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === 100 ? byte ^ 1 : byte)));

  it('is refused where the user put it, unless another layout there is right', async () => {
    const place = put(tinyCifar100, join(folder, 'own'), other);
    const problem = {
      code: 'E_DATA_CHECKSUM',
      message: `${place} is not CIFAR-100 as it was published: the checksum of train.bin differs.`,
      hint: 'Is it complete? Give data of your own another name.',
    };
    await expect(read(tinyCifar100, { source: place })).rejects.toMatchObject(problem);
    vi.stubEnv('SPIKELINE_DATA', place);
    await expect(read(tinyCifar100)).rejects.toMatchObject(problem);
    copy('python2/cifar-100-python', 'own/cifar-100-python');
    expect((await read(tinyCifar100)).length).toBe(2);
  });

  it('is left aside where nobody pointed to it', async () => {
    put(tinyCifar100, join(folder, 'project/data/cifar-100-binary'), other);
    copy('python2/cifar-100-python', 'home/.keras/datasets/cifar-100-python');
    expect((await read(tinyCifar100)).length).toBe(2);
    expect(log[0]).toBe(
      `Ignored: ${join(folder, 'project/data/cifar-100-binary')} is not CIFAR-100 as it was published: the checksum of train.bin differs.`,
    );
  });

  it('is told from what is not there', async () => {
    const layouts =
      "cifar-100-binary.tar.gz, or cifar-100-binary, or Python version, cifar-100-python, or Hugging Face's Parquet files";
    await expect(read(tinyCifar100, { source: join(folder, 'nowhere') })).rejects.toMatchObject({
      code: 'E_DATA_SOURCE',
      message: `There is no folder ${join(folder, 'nowhere')}, which \`source\` names.`,
    });
    mkdirSync(join(folder, 'empty/train'), { recursive: true });
    mkdirSync(join(folder, 'empty/test'));
    await expect(read(tinyCifar100, { source: join(folder, 'empty') })).rejects.toMatchObject({
      code: 'E_DATA_SOURCE',
      message: `${join(folder, 'empty')} does not hold CIFAR-100.`,
      hint: `Put there: ${layouts}.`,
    });
    await expect(read(tinyCifar100)).rejects.toMatchObject({
      code: 'E_DOWNLOAD',
      hint: `Without a network, put it into a folder, as ${layouts}, and name the folder: \`with: { name: cifar100, source: FOLDER }\`, or SPIKELINE_DATA=FOLDER.`,
    });
  });

  it.skipIf(process.platform === 'win32')('is no pipe', async () => {
    const pipe = join(folder, 'cifar-100-binary.tar.gz');
    execFileSync('mkfifo', [pipe]);
    for (const source of [pipe, folder])
      await expect(read(tinyCifar100, { source })).rejects.toMatchObject({
        code: 'E_DATA_FILE',
        message: `${pipe} can't be read: it is a pipe.`,
      });
  });
});

describe('downloads', () => {
  let server: FileServer;
  beforeEach(async () => {
    server = await FileServer.start();
    for (const half of ['train', 'test'])
      server.serve(`hub/${parquet(half)}`, join(fixtures, 'hub/cifar100', parquet(half)));
  });
  afterEach(() => server.stop());
  const parquet = (half: string) => `${half}-00000-of-00001.parquet`;
  const files = ['train', 'test'].map((half) => ({ name: parquet(half) }));
  const fromHub = (...mirrors: string[]) => ({ layout: 'parquet', files, mirrors }) as const;

  it('turn to another layout when one is not to be had, and are kept', async () => {
    const published: PublishedDataset = {
      ...tinyCifar100.published,
      downloads: [
        { layout: 'binary-archive', files: [{ name: 'cifar-100-binary.tar.gz' }], mirrors: [server.url] },
        fromHub(`${server.url}hub/`),
      ],
    };
    const first = await read(tinyCifar100, { published });
    expect(await read(tinyCifar100, { source: join(fixtures, 'python2') })).toEqual(first);
    const { length } = server.requests;
    expect(await read(tinyCifar100, { published })).toEqual(first);
    expect(server.requests).toHaveLength(length);
  });

  it('turn to the next mirror where one has other images, a page, or one file of two', async () => {
    // The images of one split in both.
    for (const half of ['train', 'test'])
      server.serve(`swapped/${parquet(half)}`, join(fixtures, 'hub/cifar100', parquet('test')));
    for (const half of ['train', 'test'])
      server.files.set(`page/${parquet(half)}`, { body: Buffer.from('<html>Sign in</html>') });
    server.serve(`half/${parquet('train')}`, join(fixtures, 'hub/cifar100', parquet('test')));
    const [swapped, page, half, hub] = ['swapped/', 'page/', 'half/', 'hub/'].map((path) => server.url + path);
    const from = (...mirrors: string[]) => ({ ...tinyCifar100.published, downloads: [fromHub(...mirrors)] });
    const wrong = await read(tinyCifar100, { published: from(swapped!, page!, half!) }).catch((error: Error) => error);
    expect((wrong as Error).message).toMatch(
      new RegExp(
        [
          `^The files from ${swapped} can't be used: .* is not CIFAR-100 as it was published: the checksum of train.bin differs.`,
          `The files from ${page} can't be used: .*`,
          `${parquet('test')} could not be downloaded:\n  ${half}${parquet('test')}: the server answered 404 Not Found$`,
        ].join('\n'),
      ),
    );
    expect(await read(tinyCifar100, { published: from(swapped!, page!, half!, hub!) })).toEqual(
      await read(tinyCifar100, { source: join(fixtures, 'python2') }),
    );
  });
});
