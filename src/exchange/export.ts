import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../error.js';
import type { Checkpoint } from '../network/checkpoint.js';
import { convert } from '../spiking/convert.js';
import type { SpikingNetwork } from '../spiking/network.js';
import type { ImagesAbout } from './about.js';
import { type Exactness, exportedTensors, type WeightKind } from './arrays.js';

/** What networks are exported as, and the names of the files. */
const exportFiles = {
  npz: 'model.npz',
  tensorlayer: 'model.tensorlayer.npz',
  safetensors: 'model.safetensors',
  onnx: 'model.onnx',
  nir: 'model.nir',
} as const;
export type ExportFormat = keyof typeof exportFiles;

export interface ExportSource {
  /** The non-spiking network. */
  readonly checkpoint?: Checkpoint;
  /** The spiking one; made from the checkpoint if left out. */
  readonly spiking?: SpikingNetwork;
  readonly weights: WeightKind;
  /** Of onnx and nir. */
  readonly exactness: Exactness;
  /** Name of the file, in place of that of its format. */
  readonly file?: string;
  /** What the network was trained on, where that is known. */
  readonly images?: ImagesAbout;
}

/**
 * Writes a network to a folder in one format. The bytes depend on the network and the format alone.
 * @returns the name of the file
 * @throws {UserError} E_EXPORT_INPUT if the format needs a checkpoint and there is none; E_CONVERT_… where a network
 *   has no spiking form
 */
export async function exportNetwork(folder: string, format: ExportFormat, source: ExportSource): Promise<string> {
  const { file = exportFiles[format] } = source;
  const path = join(folder, file);
  if (format === 'nir') {
    const { nirGraph } = await import('./nir/graph.js');
    const { writeNirFile } = await import('./nir/file.js');
    await writeNirFile(path, nirGraph(source.spiking ?? spikingOf(checkpointOf(format, source)), source.exactness));
  } else await writeFile(path, await encoded(format, checkpointOf(format, source), source));
  return file;
}

async function encoded(
  format: Exclude<ExportFormat, 'nir'>,
  { network, parameters }: Checkpoint,
  { weights, exactness, images }: ExportSource,
): Promise<Uint8Array> {
  if (format === 'onnx') {
    const { onnxModel } = await import('./onnx/model.js');
    const { encodeOnnx } = await import('./onnx/messages.js');
    return encodeOnnx(onnxModel(network, parameters, { exactness, ...(images === undefined ? {} : { images }) }));
  }
  const tensors = exportedTensors(network, parameters, weights);
  if (format === 'npz') return (await import('./plain.js')).writePlain(network, tensors);
  if (format === 'safetensors') {
    const { aboutNetwork } = await import('./about.js');
    return (await import('./torch.js')).writeTorch(network, tensors, aboutNetwork(network, images));
  }
  return (await import('./tensorlayer/checkpoint.js')).writeTensorLayer(network, tensors);
}

function checkpointOf(format: ExportFormat, { checkpoint }: ExportSource): Checkpoint {
  if (checkpoint !== undefined) return checkpoint;
  throw new UserError(
    'E_EXPORT_INPUT',
    `The format ${format} needs the input "checkpoint", which is missing.`,
    format === 'nir' ? 'Give the stage a checkpoint or, as the input `network`, what snn-convert makes.' : undefined,
  );
}

const spikingOf = ({ network, parameters }: Checkpoint) => convert(network, parameters).network;
