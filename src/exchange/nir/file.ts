import type { Group } from 'h5wasm';
import { UserError } from '../../error.js';
import type { NirArray, NirGraph } from './graph.js';

/** The version of NIR whose node types and file layout these are. */
const nirVersion = '1.0.8';

/**
 * Writes a graph as NIR's files are: HDF5, `/version`, and the graph as `/node` with its nodes as groups. The bytes
 * depend on the graph alone.
 */
export async function writeNirFile(path: string, graph: NirGraph): Promise<void> {
  const { default: hdf5 } = await loadHdf5();
  await hdf5.ready;
  atTimeZero(() => {
    const file = new hdf5.File(path, 'w');
    try {
      file.create_dataset({ name: 'version', data: nirVersion });
      const root = file.create_group('node');
      root.create_dataset({ name: 'type', data: 'NIRGraph' });
      writeFields(root.create_group('metadata'), graph.metadata);
      const nodes = root.create_group('nodes');
      for (const [name, node] of graph.nodes) writeFields(nodes.create_group(name), node);
      root.create_dataset({ name: 'edges', data: graph.edges.flat(), shape: [graph.edges.length, 2] });
    } finally {
      file.close();
    }
  });
}

/**
 * 4 MB of WebAssembly, loaded only where it is used, and installed only by who wants it.
 * @throws {UserError} E_PACKAGE when it is not
 */
async function loadHdf5(): Promise<typeof import('h5wasm/node')> {
  try {
    return await import('h5wasm/node');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    const message = 'Files of NIR are HDF5, which needs the package h5wasm, and that is not installed.';
    throw new UserError('E_PACKAGE', message, 'Install it with: npm install h5wasm', { cause });
  }
}

function writeFields(group: Group, fields: Readonly<Record<string, string | number | NirArray>>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') group.create_dataset({ name, data: value });
    else if (typeof value === 'number')
      group.create_dataset({ name, data: BigInt64Array.of(BigInt(value)), shape: [] });
    else {
      const { shape, data } = value;
      // Neurons of a map share thresholds: compressed, they take next to nothing.
      const packed = data.length > 64 ? { chunks: [...shape], compression: 4 } : {};
      group.create_dataset({ name, data, shape: [...shape], ...packed });
    }
  }
}

/** HDF5 notes when each array was made. There is no switch for it, but it asks this clock. */
function atTimeZero(work: () => void): void {
  const { now } = Date;
  Date.now = () => 0;
  try {
    work();
  } finally {
    Date.now = now;
  }
}
