import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readMembers } from '../../src/data/extract.js';
import { exportedTensors } from '../../src/exchange/arrays.js';
import { writePlain } from '../../src/exchange/plain.js';
import { writeTorch } from '../../src/exchange/torch.js';
import { inflate } from '../../src/formats/gzip.js';
import { decodeNpy, encodeNpy, type NpyArray } from '../../src/formats/npy.js';
import { PickledArray } from '../../src/formats/pickle/pickled.js';
import { readPickle } from '../../src/formats/pickle/read-pickle.js';
import { decodeSafetensors, type Tensor } from '../../src/formats/safetensors.js';
import { unzip } from '../../src/formats/zip.js';
import { packageRoot } from '../../src/paths.js';
import { tiny, tinyParameters } from '../exchange/tiny.js';
import { fuzz } from '../fuzz.js';
import { hasPackages, python } from '../peers/python.js';
import { mutated } from './mutate.js';

// What Python's libraries refuse, we refuse; what both read is the same; and what only we refuse has a reason.

const script = join(import.meta.dirname, 'reference.py');
const present = hasPackages(['numpy', 'safetensors']);
const first = Number(process.env.SPIKELINE_SEED ?? 0);
const limit = 2 ** 25;

type Answer = { readonly value: unknown } | { readonly refused: string };

/** A kind of file that Python reads, too. */
interface Kind {
  readonly ending: string;
  readonly files: readonly Uint8Array[];
  read(bytes: Uint8Array): unknown;
  /** Of what only we refuse, by what we say. */
  readonly stricter: readonly RegExp[];
  /** Of what only Python refuses, by what it says. */
  readonly looser: readonly RegExp[];
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
/** NumPy's names of types, by what holds them here. */
const dtypes = {
  ...{ Float64Array: '<f8', Float32Array: '<f4', BigInt64Array: '<i8', BigUint64Array: '<u8', Int32Array: '<i4' },
  ...{ Uint32Array: '<u4', Int16Array: '<i2', Uint16Array: '<u2', Int8Array: '|i1', Uint8Array: '|u1' },
};
const dtypeOf = (data: NpyArray['data'] | Tensor['data']) => dtypes[data.constructor.name as keyof typeof dtypes];
const ofArray = ({ shape, data }: NpyArray | Tensor) => [dtypeOf(data), shape, sha256(bytesOf(data))];
const ofFiles = async <T>(bytes: Uint8Array, read: (file: Uint8Array) => T) =>
  [...(await unzip(bytes, limit))].map(([name, file]) => [name, read(file)]).sort(byName);
const byName = ([a]: readonly unknown[], [b]: readonly unknown[]) => (String(a) < String(b) ? -1 : 1);

function ofBatch(bytes: Uint8Array): unknown {
  const value = readPickle(bytes);
  const [labels, array] = value instanceof Map ? [value.get('labels'), value.get('data')] : [];
  if (!Array.isArray(labels) || !(array instanceof PickledArray) || !(array.data instanceof Uint8Array))
    throw new Error('it is no batch');
  if (array.dtype !== '|u1' || array.columnMajor) throw new Error('it is no batch');
  if (array.shape.reduce((a, b) => a * b, 1) !== array.data.length) throw new Error('it is no batch');
  return [labels, array.shape, sha256(array.data)];
}

const npys = [
  encodeNpy({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }),
  encodeNpy({ shape: [4], data: Uint8Array.of(1, 2, 3, 4) }),
  encodeNpy({ shape: [2, 1, 2], data: Float64Array.of(1, 2, 3, 4) }),
  encodeNpy({ shape: [3], data: BigInt64Array.of(0n, -1n, 2n ** 60n) }),
  encodeNpy({ shape: [2], data: Uint16Array.of(1, 60_000) }),
];
const plain = await writePlain(tiny, exportedTensors(tiny, tinyParameters, 'latent'));
const fixture = (path: string) => readFileSync(join(packageRoot, 'test/data/fixtures', path));

const kinds: readonly Kind[] = [
  {
    ending: 'npy',
    files: npys,
    read: (bytes) => ofArray(decodeNpy(bytes, 'it')),
    // NumPy takes what follows for another array, and knows more types; it evaluates all literals of Python.
    stricter: [/bytes of data, but its shape/, /its values are of the type/],
    looser: [],
  },
  {
    ending: 'safetensors',
    files: [writeTorch(tiny, exportedTensors(tiny, tinyParameters, 'latent'))],
    read: (bytes) =>
      [...decodeSafetensors(bytes, 'it').tensors].map(([name, tensor]) => [name, ofArray(tensor)]).sort(byName),
    stricter: [],
    looser: [],
  },
  {
    ending: 'zip',
    files: [plain, fixture('mnist.npz')],
    read: (bytes) => ofFiles(bytes, sha256),
    // Python goes by the directory at the end alone, whatever lies before it, and what it says of sizes.
    stricter: [/Ambiguous archive/, /Central directory header not found/, /it unpacks to more than/],
    // Marks of a later version of the format, or of another way to pack: checksums tell whether they mean anything.
    looser: [/^NotImplementedError/],
  },
  {
    ending: 'gz',
    files: [gzipSync('abc'.repeat(50)), gzipSync(npys[0]!)],
    read: (bytes) => sha256(inflate(bytes, 'it', limit)),
    // For Python an empty file is an empty archive, and flags that nobody has defined are none.
    stricter: [/unexpected end of file/, /unknown header flags/],
    looser: [],
  },
  // What is damaged is found by names, or not: only sound ones are compared.
  { ending: 'tgz', files: [], read: ofArchive, stricter: [], looser: [] },
  {
    ending: 'pickle',
    files: ['python2', 'python3-protocol2', 'python3-protocol5'].map((writer) =>
      fixture(`${writer}/cifar-10-batches-py/test_batch`),
    ),
    read: ofBatch,
    // Python lets objects be whatever they are; a batch is what CIFAR has.
    stricter: [/it is no batch/],
    looser: [],
  },
];

/** The files of an archive that `sound.py` makes. */
async function ofArchive(bytes: Uint8Array): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'spikeline-archive-'));
  const path = join(folder, 'a.tar.gz');
  writeFileSync(path, bytes);
  try {
    const found: (readonly unknown[])[] = [];
    for (const name of ['a/one', 'a/two', `a/${'long'.repeat(40)}`]) {
      const members = await readMembers(path, new Map([[name, 10_000]])).catch(() => new Map<string, Buffer>());
      for (const [member, content] of members) found.push([member, sha256(content)]);
    }
    return found.sort(byName);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What Python says of files. */
function reference(paths: readonly string[]): readonly Answer[] {
  const { stdout, stderr, status } = spawnSync(python, [script, ...paths], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

async function ours({ read }: Kind, bytes: Uint8Array): Promise<Answer> {
  try {
    return { value: await read(bytes) };
  } catch (error) {
    return { refused: (error as Error).message };
  }
}

/** In what the two differ without a reason. */
function difference(mine: Answer, theirs: Answer, { stricter, looser }: Kind): string | undefined {
  const has = (reasons: readonly RegExp[], text: string) => reasons.some((reason) => reason.test(text));
  if ('refused' in mine && 'refused' in theirs) return undefined;
  if ('refused' in mine)
    return has(stricter, mine.refused) ? undefined : `Python reads it, and we say: ${mine.refused}`;
  if ('refused' in theirs)
    return has(looser, theirs.refused) ? undefined : `We read it, and Python says: ${theirs.refused}`;
  const [a, b] = [mine, theirs].map(({ value }) => JSON.stringify(value));
  return a === b ? undefined : `We read ${a}, and Python ${b}`;
}

describe.skipIf(!present)(`Python's libraries agree${present ? '' : ' (skipped: no numpy and safetensors)'}`, () => {
  it('on sound files of every kind, large and unusual ones', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spikeline-python-'));
    try {
      execFileSync('python3', [join(import.meta.dirname, 'sound.py'), folder]);
      const names = readdirSync(folder);
      expect(names.length).toBe(30);
      const theirs = reference(names.map((name) => join(folder, name)));
      for (const [i, name] of names.entries()) {
        const kind = kinds.find(({ ending }) => name.endsWith(`.${ending}`))!;
        expect([name, await ours(kind, readFileSync(join(folder, name)))]).toEqual([name, theirs[i]]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each(kinds.filter(({ files }) => files.length > 0).map((kind) => [kind.ending, kind] as const))(
    'on damaged .%s files',
    async (ending, kind) => {
      const folder = mkdtempSync(join(tmpdir(), 'spikeline-python-'));
      try {
        const inputs = [
          ...kind.files,
          ...Array.from({ length: fuzz(60).numRuns }, (_, i) => mutated(kind.files, first + i)),
        ];
        const paths = inputs.map((bytes, i) => {
          const path = join(folder, `${i}.${ending}`);
          writeFileSync(path, bytes);
          return path;
        });
        const theirs = reference(paths);
        const differences: string[] = [];
        for (const [i, bytes] of inputs.entries()) {
          const found = difference(await ours(kind, bytes), theirs[i]!, kind);
          if (found !== undefined) differences.push(`SPIKELINE_SEED=${first + i - kind.files.length}: ${found}`);
        }
        expect(differences).toEqual([]);
        // Both sound and damaged ones were among them.
        expect(theirs.slice(0, kind.files.length).every((answer) => 'value' in answer)).toBe(true);
        expect(theirs.some((answer) => 'refused' in answer)).toBe(true);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
