import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  /** The non-spiking network: for every format but nir, and for that one without `spiking`. */
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
 * @throws {UserError} E_CONVERT_… where a network has no spiking form
 */
export async function exportNetwork(folder: string, format: ExportFormat, source: ExportSource): Promise<string> {
  const { file = exportFiles[format] } = source;
  const path = join(folder, file);
  if (format === 'nir') {
    const { nirGraph } = await import('./nir/graph.js');
    const { writeNirFile } = await import('./nir/file.js');
    await writeNirFile(path, nirGraph(source.spiking ?? spikingOf(checkpointOf(source)), source.exactness));
  } else await writeFile(path, await encoded(format, checkpointOf(source), source));
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

/** What every format but nir is made from, and that one where there is no spiking network. */
function checkpointOf({ checkpoint }: ExportSource): Checkpoint {
  if (checkpoint === undefined) throw new TypeError('a network is exported without its checkpoint');
  return checkpoint;
}

const spikingOf = ({ network, parameters }: Checkpoint) => convert(network, parameters).network;
