import type { Group } from 'h5wasm';
import type { NirArray, NirGraph } from './graph.js';

/** The version of NIR whose node types and file layout these are. */
const nirVersion = '1.0.8';

/**
 * Writes a graph as NIR's files are: HDF5, `/version`, and the graph as `/node` with its nodes as groups. The bytes
 * depend on the graph alone.
 */
export async function writeNirFile(path: string, graph: NirGraph): Promise<void> {
  // 4 MB of WebAssembly, loaded only where it is used.
  const { default: hdf5 } = await import('h5wasm/node');
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
