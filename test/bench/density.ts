// From which density on would other kernels be faster? Times the kernels that skip zeros, at densities of 20 to 100 %,
// beside the dense ones and tables of sums, on layers of the paper's shapes.
// `npm run bench:density` writes test/bench/DENSITY.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { purposes, RandomWords } from '../../src/data/random.js';
import { denseForward } from '../../src/engine/wasm/convolution.js';
import { type Geometry, inputBorders, paddedMap, weightCount } from '../../src/engine/wasm/geometry.js';
import { gradientBlock, gradientMap } from '../../src/engine/wasm/gradient-geometry.js';
import { inputGradient } from '../../src/engine/wasm/input-gradient.js';
import { MemoryPlan } from '../../src/engine/wasm/memory-plan.js';
import { type Program, scratchBytes } from '../../src/engine/wasm/program.js';
import { sparseGradient } from '../../src/engine/wasm/sparse-gradient.js';
import { spikeForward } from '../../src/engine/wasm/spike-forward.js';
import { tabledGradient } from '../../src/engine/wasm/tabled-gradient.js';
import { createControl, ThreadRunner } from '../../src/engine/wasm/threads.js';
import { denseGradient } from '../../src/engine/wasm/weight-gradient.js';
import { buildFolder, packageRoot } from '../../src/paths.js';
import { renderTable } from '../../src/text/table.js';
import { median } from './median.js';

const module = new WebAssembly.Module(readFileSync(join(buildFolder, 'kernels.wasm')));
/** A batch, levels of k1B2, runs of which the median counts. */
const [images, levels, n, runs] = [32, 4, 2, 7];
const densities = [0.2, 0.35, 0.5, 0.65, 0.8, 1];
/** [name, side of the maps, channels in and out, side of the kernel] */
const shapes = [
  ['VGG 24×24, 64 channels', 24, 64, 3],
  ['VGG 12×12, 128 channels', 12, 128, 3],
  ['VGG 6×6, 256 channels', 6, 256, 3],
  ['LeNet 28×28, 16 channels', 28, 16, 5],
] as const;

function geometry(side: number, channels: number, kernel: number): Geometry {
  const pad = kernel >> 1;
  return {
    ...{ inHeight: side, inWidth: side, inChannels: channels, outHeight: side, outWidth: side, outChannels: channels },
    ...{ kernelHeight: kernel, kernelWidth: kernel, stride: 1, padV: pad, padH: pad },
  };
}

/** Billions of the dense kernels' operations a second, by processor time on one thread. */
function speed(g: Geometry, build: (plan: MemoryPlan) => Program): number {
  const plan = new MemoryPlan();
  const program = build(plan);
  const scratch = [plan.alloc(scratchBytes([program]))];
  const memory = plan.create();
  const setup = { code: { module }, memory, control: createControl(), threads: 1, programs: [program], scratch };
  const runner = new ThreadRunner(setup, 0);
  runner.lead(0);
  const times = Array.from({ length: runs }, () => {
    const before = process.cpuUsage();
    runner.lead(0);
    return process.cpuUsage(before).user;
  });
  return (2 * weightCount(g) * g.outHeight * g.outWidth * images) / median(times) / 1e3;
}

const words = new RandomWords({ seed: 1, purpose: purposes.sample, stream: 0 });
/** Bytes of which a share is not zero. */
const sparse = (count: number, density: number, largest: number): Uint8Array =>
  Uint8Array.from({ length: count }, () => (words.uniform() < density ? 1 + words.below(largest) : 0));
const ternary = (g: Geometry) => Int8Array.from({ length: weightCount(g) }, () => words.below(3) - 1);
/** Memory that nobody has written is a single page of zeros, and faster to read than any other. */
const filled = (plan: MemoryPlan, bytes: number) => plan.table(new Float32Array(bytes / 4).fill(0.01));
const inputs = (g: Geometry) => images * g.inHeight * g.inWidth * g.inChannels;
const outputs = (g: Geometry) => images * g.outHeight * g.outWidth * g.outChannels;

/** Of spikes, from tables where their share is above this one. */
const forward = (g: Geometry, density: number, share: number) => (plan: MemoryPlan) => {
  const buffers = {
    spikes: plan.table(sparse(inputs(g), density, levels)),
    w: plan.table(Float32Array.from(ternary(g))),
    threshold: plan.table(Float32Array.of(1)),
  };
  const y = plan.floats(outputs(g));
  const { pack, calls } = spikeForward(plan, g, { ...buffers, y }, levels, { scale: 1 / n }, share);
  return [pack, [calls(0, images)]];
};

/** Each pass, by kernels that skip zeros and by dense ones. */
const passes = {
  forward: {
    sparse: (g: Geometry, density: number) => forward(g, density, 2),
    tables: (g: Geometry) => forward(g, 0.5, 0),
    dense: (g: Geometry) => (plan: MemoryPlan) => {
      const map = paddedMap(g.inHeight, g.inWidth, g.inChannels, inputBorders(g));
      const buffers = { x: filled(plan, images * map.imageBytes), w: plan.table(Float32Array.from(ternary(g))) };
      const y = plan.floats(outputs(g));
      const { pack, calls } = denseForward(plan, g, { ...buffers, map, y });
      return [pack, [calls(0, images)]];
    },
  },
  'input gradient': {
    sparse: (g: Geometry, density: number) => (plan: MemoryPlan) => {
      const map = gradientMap(g);
      const buffers = { dy: filled(plan, images * map.imageBytes), w: plan.table(Float32Array.from(ternary(g))) };
      const rest = { dx: plan.floats(inputs(g)), open: plan.table(sparse(inputs(g), density, 1)) };
      const { pack, calls } = inputGradient(plan, g, { ...buffers, ...rest, map });
      return [pack, [calls(0, images)]];
    },
    // The gradient of a convolution of stride 1 is a convolution of the same size.
    dense: (g: Geometry) => passes.forward.dense(g),
    tables: (g: Geometry) => (plan: MemoryPlan) => {
      const map = gradientMap(g, gradientBlock(g, 'f32'));
      const weights = { w: plan.table(Float32Array.from(ternary(g))), threshold: plan.table(Float32Array.of(0.5)) };
      const buffers = { ...weights, dy: filled(plan, images * map.imageBytes), map };
      const rest = { dx: plan.floats(inputs(g)), open: plan.table(sparse(inputs(g), 0.5, 1)) };
      const { pack, calls } = tabledGradient(plan, g, { ...buffers, ...rest });
      return [pack, [calls(0, images)]];
    },
  },
  'weight gradient': {
    sparse: (g: Geometry, density: number) => (plan: MemoryPlan) => {
      const dyMap = gradientMap(g, gradientBlock(g, 'f32'));
      const buffers = { dy: filled(plan, images * dyMap.imageBytes), dw: plan.floats(weightCount(g)) };
      const spikes = plan.table(sparse(inputs(g), density, levels));
      const planned = sparseGradient(plan, g, images, 1, { ...buffers, dyMap, spikes }, { levels, n });
      return [planned.lists, planned.sums];
    },
    dense: (g: Geometry) => (plan: MemoryPlan) => {
      const dyMap = gradientMap(g);
      const map = paddedMap(g.inHeight, g.inWidth, g.inChannels, inputBorders(g));
      const buffers = { dy: filled(plan, images * dyMap.imageBytes), dw: plan.floats(weightCount(g)) };
      const planned = denseGradient(plan, g, images, 1, {
        ...buffers,
        dyMap,
        map,
        x: filled(plan, images * map.imageBytes),
      });
      return [planned.lists, planned.sums];
    },
  },
};

const rows = Object.entries(passes).flatMap(([pass, kernels]) =>
  shapes.map(([layer, side, channels, kernel]) => {
    const g = geometry(side, channels, kernel);
    const cells = densities.map((density) => [String(density), speed(g, kernels.sparse(g, density)).toFixed(0)]);
    const tables = 'tables' in kernels ? speed(g, kernels.tables(g)).toFixed(0) : '';
    const row = { pass, layer, ...Object.fromEntries(cells), dense: speed(g, kernels.dense(g)).toFixed(0), tables };
    console.log(JSON.stringify(row));
    return row as Record<string, string>;
  }),
);
const columns = densities.map((density) => ({ key: String(density), title: `${100 * density} %` }));
writeFileSync(
  join(packageRoot, 'test/bench/DENSITY.md'),
  `# Kernels that skip zeros, beside dense ones

Billions of the dense kernel's operations a second (2 · multiply-adds), one thread, float32 gradients, medians of ${runs} runs by
processor time; levels of k1B2. The share is that of inputs that are not zero (forward, weight gradient) or of neurons that
are open (input gradient); tables: of sums, for layers of ternary weights, which take the same time for any share.
${cpus()[0]?.model ?? 'Unknown processor'}, Node ${process.version}. Written by \`npm run bench:density\`.

${renderTable(rows, [{ key: 'pass' }, { key: 'layer' }, ...columns, { key: 'dense' }, { key: 'tables' }], 'md')}`,
);
