import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import hdf5, { type Dataset, type Group } from 'h5wasm/node';
import { afterAll, describe, expect, it } from 'vitest';
import { writeNirFile } from '../../src/exchange/nir/file.js';
import { nirGraph } from '../../src/exchange/nir/graph.js';
import { elements, permute } from '../../src/formats/shape.js';
import { convert } from '../../src/spiking/convert.js';
import { spikeSources } from '../../src/spiking/network.js';
import { randomNetwork } from '../network/random-network.js';
import { convolve } from '../network/reference-ann.js';
import { simulate } from '../spiking/reference-simulator.js';

const folder = mkdtempSync(join(tmpdir(), 'spikeline-nir-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Value {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}
type Fields = Readonly<Record<string, string | Value>>;

/** Everything that a file holds of its graph, numbers as doubles. */
async function readNir(path: string) {
  await hdf5.ready;
  const file = new hdf5.File(path, 'r');
  try {
    const fields = (group: Group): Fields =>
      Object.fromEntries(
        group.keys().map((name) => {
          const { shape, value } = group.get(name) as Dataset;
          if (typeof value === 'string') return [name, value];
          const numbers = typeof value === 'object' ? [...(value as Iterable<number | bigint>)] : [value];
          return [name, { shape: shape!, data: Float64Array.from(numbers as number[], Number) }];
        }),
      );
    const nodes = file.get('node/nodes') as Group;
    const pairs = (file.get('node/edges') as Dataset).value as string[];
    return {
      version: (file.get('version') as Dataset).value,
      type: (file.get('node/type') as Dataset).value,
      metadata: fields(file.get('node/metadata') as Group),
      nodes: new Map(nodes.keys().map((name) => [name, fields(nodes.get(name) as Group)])),
      edges: Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i]!, pairs[2 * i + 1]!] as const),
    };
  } finally {
    file.close();
  }
}

type Read = Awaited<ReturnType<typeof readNir>>;

const sizes = (value: string | Value | undefined) => [...(value as Value).data];

/** What each node sends in one time step, by NIR's own rules; maps are [C][H][W]. */
function interpret({ nodes, edges }: Read, image: Float64Array): Map<string, Float64Array> {
  const sent = new Map<string, Float64Array>();
  const send = (name: string): Float64Array => {
    const known = sent.get(name);
    if (known !== undefined) return known;
    const sources = edges.filter(([, to]) => to === name).map(([from]) => send(from));
    const input = sources[0]?.map((_, i) => sources.reduce((sum, source) => sum + source[i]!, 0)) ?? image;
    const output = respond(nodes.get(name)!, input);
    sent.set(name, output);
    return output;
  };
  for (const name of nodes.keys()) send(name);
  return sent;
}

function respond(node: Fields, input: Float64Array): Float64Array {
  if (node.type === 'IF') {
    const { data } = node.v_threshold as Value;
    return input.map((value, i) => (value > data[i]! ? 1 : 0));
  }
  if (node.type === 'Linear' || node.type === 'Affine') {
    const { shape, data } = node.weight as Value;
    const [outputs, inputs] = shape as [number, number];
    return Float64Array.from({ length: outputs }, (_, o) =>
      input.reduce((sum, value, i) => sum + value * data[o * inputs + i]!, 0),
    );
  }
  if (node.type !== 'Conv2d') return input;
  const weight = node.weight as Value;
  const [outputs, inputs, height, width] = weight.shape as [number, number, number, number];
  const [rows, columns] = sizes(node.input_shape) as [number, number];
  const [stride] = sizes(node.stride) as [number, number];
  const padding = sizes(node.padding) as [number, number];
  const extent = (size: number, kernel: number, pad: number) => Math.floor((size + 2 * pad - kernel) / stride) + 1;
  const output = [extent(rows, height, padding[0]), extent(columns, width, padding[1]), outputs] as const;
  const layer = { kernel: [height, width], stride, padding, input: [rows, columns, inputs], output } as const;
  const hwio = permute(weight, [2, 3, 1, 0]).data;
  const hwc = permute({ shape: [inputs, rows, columns], data: input }, [1, 2, 0]).data;
  const sums = permute({ shape: output, data: convolve(layer, hwio, hwc) }, [2, 0, 1]).data;
  const { data: bias } = node.bias as Value;
  return sums.map((sum, i) => sum + bias[Math.floor(i / (output[0] * output[1]))]!);
}

describe('NIR files', () => {
  it.each(['exact', 'float32'] as const)('hold a network whose neurons fire as ours do: %s', async (exactness) => {
    await fc.assert(
      fc.asyncProperty(randomNetwork, async ({ network, parameters, image }) => {
        const spiking = convert(network, parameters).network;
        const path = join(folder, 'random.nir');
        await writeNirFile(path, nirGraph(spiking, exactness));
        const read = await readNir(path);
        const [height, width, channels] = network.input;
        const chw = permute({ shape: [height, width, channels], data: Float64Array.from(image) }, [2, 0, 1]).data;
        const sent = interpret(read, chw);
        const expected = simulate(spiking, image);
        for (const [l, { name, output }] of spikeSources(spiking).entries()) {
          const fired = Array.from({ length: spiking.levels }, (_, level) => sent.get(`${name}.if${level}`)!);
          const counts = Float64Array.from({ length: elements(output) }, (_, i) =>
            fired.reduce((sum, neuron) => sum + neuron[i]!, 0),
          );
          const hwc = permute({ shape: [output[2], output[0], output[1]], data: counts }, [1, 2, 0]).data;
          expect([...hwc]).toEqual([...expected.spikes[l]!]);
        }
        const logits = sent.get('output')!;
        for (const [c, logit] of expected.logits.entries()) expect(logits[c]).toBeCloseTo(logit, 9);
        if (exactness === 'exact') return;
        // Frameworks want one threshold a population, and a bias wherever there may be one.
        for (const { type, v_threshold: thresholds } of read.nodes.values()) {
          if (type === 'IF') expect(new Set(sizes(thresholds)).size).toBe(1);
          expect(type).not.toBe('Linear');
        }
      }),
      { numRuns: 8 },
    );
  });

  it('hold shapes, versions and notes as NIR has them, and the same bytes whenever they are written', async () => {
    const { network, parameters } = fc.sample(randomNetwork, { seed: 1, numRuns: 1 })[0]!;
    const graph = nirGraph(convert(network, parameters).network);
    const [one, other] = [join(folder, 'one.nir'), join(folder, 'other.nir')];
    await writeNirFile(one, graph);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await writeNirFile(other, graph);
    expect(Buffer.compare(readFileSync(one), readFileSync(other))).toBe(0);

    const { version, type, metadata, nodes, edges } = await readNir(one);
    const [height, width, channels] = network.input;
    expect({ version, type }).toEqual({ version: '1.0.8', type: 'NIRGraph' });
    expect(metadata).toMatchObject({ network: 'random', steps: { shape: [], data: Float64Array.of(1) } });
    expect(sizes(nodes.get('input')!.shape)).toEqual([channels, height, width]);
    expect(sizes(nodes.get('output')!.shape)).toEqual([network.classes]);
    expect(nodes.get('conv1')).toMatchObject({ type: 'Conv2d', groups: { shape: [] }, stride: { shape: [2] } });
    expect(edges).toEqual(graph.edges);
  });
});
