// Measures the engine: training, ANN inference and SNN simulation of LeNet and VGG, on 1 and on all threads.
// `npm run bench` writes the table to test/bench/RESULTS.md, which README quotes.
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { purposes, RandomWords } from '../../src/data/random.js';
import { wasmEngine } from '../../src/engine/wasm/engine.js';
import { initialParameters } from '../../src/network/initialise.js';
import { network } from '../../src/network/presets.js';
import { packageRoot } from '../../src/paths.js';
import { renderTable } from '../../src/report/table.js';
import { convert } from '../../src/spiking/convert.js';

type Row = Readonly<Record<'network' | 'precision' | 'training' | 'ann' | 'snn', string>> & {
  readonly threads: number;
};

const batch = 200;
const classes = 10;

/** Images per second of `call`, which takes `batch` images: the median of `runs` after one for warming up. */
function measure(call: () => void, runs: number): number {
  call();
  const seconds = Array.from({ length: runs }, () => {
    const started = performance.now();
    call();
    return (performance.now() - started) / 1e3;
  }).sort((a, b) => a - b);
  return batch / seconds[Math.floor(runs / 2)]!;
}

async function row(name: 'lenet' | 'vgg', precision: 'fp32' | 'k1B2', threads: number, runs: number): Promise<Row> {
  const net = network(name, { precision: precision === 'fp32' ? { kind: 'fp32' } : { kind: 'quantised', k: 1, B: 2 } });
  const [height, width, channels] = net.input;
  const words = new RandomWords({ seed: 1, purpose: purposes.sample, stream: 0 });
  // LeNet sees pixels from 0 to 1, many of them black; VGG sees standardised values.
  const pixel = () => (name === 'lenet' ? Math.max(0, 2 * words.uniform() - 1) : 3.4 * words.uniform() - 1.7);
  const images = Float32Array.from({ length: batch * height * width * channels }, pixel);
  const labels = Int32Array.from({ length: batch }, () => words.below(classes));
  const parameters = initialParameters(net, 1);
  const options = { batch, threads };
  const perSecond = (value: number) => String(Math.round(value));

  const trainer = await wasmEngine.trainer(net, { parameters }, options);
  const training = measure(() => trainer.step(images, labels, 1e-3), runs);
  const trained = trainer.parameters();
  await trainer.close();
  const evaluator = await wasmEngine.evaluator(net, trained, options);
  const ann = measure(() => evaluator.evaluate(images, batch), runs);
  await evaluator.close();
  let snn = '–';
  if (precision !== 'fp32') {
    const simulator = await wasmEngine.simulator(convert(net, trained).network, options);
    snn = perSecond(measure(() => simulator.simulate(images, batch), runs));
    await simulator.close();
  }
  return { network: name, precision, threads, training: perSecond(training), ann: perSecond(ann), snn };
}

const threads = [...new Set([1, availableParallelism()])];
const rows: Row[] = [];
for (const count of threads)
  for (const precision of ['k1B2', 'fp32'] as const) {
    rows.push(await row('lenet', precision, count, 9));
    rows.push(await row('vgg', precision, count, 3));
    console.log(
      rows
        .slice(-2)
        .map((line) => JSON.stringify(line))
        .join('\n'),
    );
  }

const columns = [
  { key: 'network' },
  { key: 'precision' },
  { key: 'threads' },
  { key: 'training', title: 'training' },
  { key: 'ann', title: 'ANN inference' },
  { key: 'snn', title: 'SNN inference' },
] as const;
const table = renderTable(rows, columns, 'md');
const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}`;
const text = `# Images per second

${machine}. Batch ${batch}, medians; written by \`npm run bench\`.

${table}`;
await writeFile(join(packageRoot, 'test/bench/RESULTS.md'), text.endsWith('\n') ? text : `${text}\n`);
console.log(text);
