import { describe, expect, it } from 'vitest';
import { load, pipelineOf } from './load.js';

const many = 10_000;
const some = 2000;
const repeat = (line: (i: number) => string, length = many) => Array.from({ length }, (_, i) => line(i)).join('\n');

/** What takes quadratic time takes minutes at these sizes, and runs into the limit of every test. */
describe('many', () => {
  it('stages in a chain', async () => {
    const chain = repeat((i) => `  s${i + 1}: { run: [x], inputs: { in: s${i} }, outputs: { out: out } }`);
    const { tasks } = await pipelineOf(`name: x\nstages:\n  s0: { run: [x], outputs: { out: out } }\n${chain}\n`);
    expect(tasks).toHaveLength(many + 1);
    expect(tasks.at(-1)!.inputs).toEqual({ in: { kind: 'output', task: `s${many - 1}`, output: 'out' } });
  });

  it('inputs of one stage', async () => {
    const stages = repeat((i) => `  s${i}: { run: [x], outputs: { out: out } }`, some);
    const inputs = repeat((i) => `      i${i}: s${i}`, some);
    const { tasks } = await pipelineOf(`name: x\nstages:\n${stages}\n  all:\n    run: [x]\n    inputs:\n${inputs}\n`);
    expect(Object.keys(tasks.at(-1)!.inputs)).toHaveLength(some);
  });

  it('tasks of one stage, each with its expectation', async () => {
    const noise = Array.from({ length: many }, (_, i) => i / many).join(', ');
    const { tasks, expectations } = await pipelineOf(`
name: x
axes: { noise: [${noise}] }
stages:
  data: { uses: dataset, with: { name: mnist } }
  train: { uses: train, inputs: { data: data } }
  convert: { uses: snn-convert, inputs: { checkpoint: train } }
  snn: { uses: snn-infer, over: [noise], inputs: { data: data, network: convert }, with: { noise: '\${{ noise }}' } }
  plots: { uses: plot, inputs: { snn: snn } }
expect:
  - { stage: snn, metric: correct, equals: { stage: snn, metric: images } }
`);
    expect(tasks).toHaveLength(many + 4);
    expect(expectations[0]!.tasks).toHaveLength(many);
  });

  it('mistakes', async () => {
    const wrong = repeat((i) => `  s${i}: { run: [x], inputs: { in: t${i} } }`, some);
    expect((await load(`name: x\nstages:\n${wrong}\n`)).diagnostics).toHaveLength(some);
    const misspelt = repeat((i) => `  s${i}: { run: [x], input: { in: 3 } }`, some);
    expect((await load(`name: x\nstages:\n${misspelt}\n`)).diagnostics).toHaveLength(some);
  });
});
