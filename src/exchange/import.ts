import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { ImportProblem } from '../formats/problem.js';
import { unzip } from '../formats/zip.js';
import type { Network } from '../network/architecture.js';
import type { Checkpoint } from '../network/checkpoint.js';
import { parameterCount } from '../network/parameters.js';
import { arrayName, firstNames } from './arrays.js';
import { type Fail, failing } from './failure.js';
import { readPlain } from './plain.js';
import { readTensorLayer } from './tensorlayer/checkpoint.js';
import { readTorch } from './torch.js';

/** Formats of checkpoints: TensorLayer's .npz, as the paper's authors publish; plain .npz; PyTorch's in safetensors. */
const checkpointFormats = ['tensorlayer', 'npz', 'safetensors'] as const;
export type CheckpointFormat = (typeof checkpointFormats)[number];

export interface Imported {
  readonly checkpoint: Checkpoint;
  /** What the file turned out to be. */
  readonly format: CheckpointFormat;
}

const ptHint =
  'Save what PyTorch keeps in .pt or .pth files with safetensors.torch.save_file(model.state_dict(), …), and others with numpy.savez.';

/** Bytes that a file may have beside the values: headers, pickles, the directory of an archive. */
const overhead = 2 ** 20;

/**
 * The most bytes that a checkpoint of a network may have: each value as a double, or as two characters of UTF-8 a byte,
 * which is how pickles of protocol 2 hold them.
 */
function largestCheckpoint(network: Network): number {
  return overhead + 8 * parameterCount(network);
}

/**
 * Reads the file of a checkpoint that another program made. Nothing in it is trusted or run.
 * @param network what the file is a checkpoint of; it does not say so itself
 * @param expected the format, if it is not to be found out
 * @throws {UserError} E_IMPORT_… of {@link ImportCode}; E_DATA_NPY or E_SAFETENSORS for a damaged part
 */
export async function importCheckpointFile(
  path: string,
  network: Network,
  expected?: CheckpointFormat,
): Promise<Imported> {
  const label = basename(path);
  const { size } = await stat(path);
  const limit = largestCheckpoint(network);
  if (size > limit)
    failing(label, network)(
      'E_IMPORT_UNSAFE',
      `it has ${size} bytes, but a checkpoint of this network has at most ${limit}`,
      'Is it of another network, or does it hold more than weights and batch norm?',
    );
  return importCheckpoint(await readFile(path), network, label, expected);
}

/** The same from the bytes of a file. @param label how messages call it */
export async function importCheckpoint(
  bytes: Uint8Array,
  network: Network,
  label: string,
  expected?: CheckpointFormat,
): Promise<Imported> {
  const fail = failing(label, network);
  const imported = (format: CheckpointFormat, parameters: Map<string, Float32Array>): Imported => ({
    checkpoint: { network, parameters, epoch: 0, seed: 0 },
    format,
  });
  const zipped = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (expected === undefined && !zipped && bytes[8] !== 0x7b)
    fail('E_IMPORT_FORMAT', 'it is neither an .npz nor a safetensors file', ptHint);
  if (expected === 'safetensors' || (expected === undefined && !zipped))
    return imported('safetensors', readTorch(bytes, network, label, fail));

  if (!zipped) fail('E_IMPORT_FORMAT', 'it is not an .npz file', 'Leave `format` out to have it detected.');
  const files = await unpack(bytes, largestCheckpoint(network), fail);
  const params = files.get('params.npy');
  if (expected === 'tensorlayer' || (expected === undefined && params !== undefined && files.size === 1)) {
    if (params === undefined || files.size > 1)
      return fail(
        'E_IMPORT_FORMAT',
        'it is not an .npz file with the one array "params"',
        `It holds ${firstNames([...files.keys()].map(arrayName))}. If it has one array per tensor, choose \`format: npz\`.`,
      );
    return imported('tensorlayer', readTensorLayer(params, network, fail));
  }
  return imported('npz', readPlain(files, network, label, fail));
}

async function unpack(bytes: Uint8Array, limit: number, fail: Fail): Promise<Map<string, Uint8Array>> {
  let files: Map<string, Uint8Array>;
  try {
    files = await unzip(bytes, limit);
  } catch (error) {
    if (error instanceof ImportProblem) return fail(error.code, error.message);
    throw error;
  }
  const other = [...files.keys()].find((name) => !name.endsWith('.npy'));
  if (other !== undefined) fail('E_IMPORT_FORMAT', `it is not an .npz file: it holds "${other}"`, ptHint);
  return files;
}
