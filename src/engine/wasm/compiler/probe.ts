// Computes a little of everything the engine does with V8's flags of argv, and says on standard output what came of it.
// A process of its own: with flags that V8 can't do with, it is V8 that ends it.
import { createHash } from 'node:crypto';
import { initialParameters } from '../../../network/initialise.js';
import { parseNotation } from '../../../network/notation.js';
import { buildNetwork } from '../../../network/presets.js';
import { convert } from '../../../spiking/convert.js';
import { wasmEngine } from '../engine.js';
import { useNative } from '../native/choice.js';
import { useFlags } from './flags.js';

const batch = 4;
const options = { batch, threads: 2 };
const plan = parseNotation('16C3-P2-32C3-16C3v');
if ('message' in plan) throw new TypeError(plan.message);
const network = buildNetwork(
  { name: 'probe', ...plan },
  { input: [12, 12, 1], classes: 4, precision: { kind: 'quantised', k: 1, B: 2 } },
);
const images = Float32Array.from({ length: batch * 12 * 12 }, (_, i) => ((i * i * i) % 101) / 101);
const labels = Int32Array.from({ length: batch }, (_, i) => i);

/** A module that has nothing to do with the engine, as parsers are: two functions, `f(x) = g(x)` and `g(x) = x`. */
const other = new WebAssembly.Module(
  Buffer.from('0061736d0100000001060160017f017f0303020000070501016600000a0d020600200010010b040020000b', 'hex'),
);
const callOther = () => (new WebAssembly.Instance(other, {}).exports as unknown as { f(x: number): number }).f(1);

useFlags(process.argv.slice(2));
useNative({});
callOther();
const hash = createHash('sha256');
const trainer = await wasmEngine.trainer(network, { parameters: initialParameters(network, 1) }, options);
for (let step = 0; step < 40; step++) hash.update(JSON.stringify(await trainer.step(images, labels, 1e-3)));
const parameters = await trainer.parameters();
for (const values of parameters.values()) hash.update(new Uint8Array(values.buffer));
await trainer.close();
const evaluator = await wasmEngine.evaluator(network, parameters, options);
hash.update(new Uint8Array((await evaluator.evaluate(images, batch)).logits.buffer));
await evaluator.close();
const spiking = convert(network, parameters).network;
const noise = [{ deletion: 0.3, insertion: 0, membrane: 0 }];
const simulator = await wasmEngine.simulator(spiking, { ...options, noise });
const { counts, logits } = await simulator.simulate(images, batch, { seed: 5, firstImage: 40 });
hash.update(JSON.stringify(counts)).update(new Uint8Array(logits.buffer));
await simulator.close();
callOther();
console.log(hash.digest('hex'));
