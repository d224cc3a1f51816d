import { expect, it } from 'vitest';
import { repeatOf } from '../../../src/pipeline/expand/facts.js';
import { lines, mistakes, pipelineOf } from '../load.js';

const text = lines(`
  name: seeds
  axes:
    draw: { values: [a, b], repeat: true }
    rate: { values: [1, 2], repeat: false }
    seed: { values: [1, 2, 3], repeat: true }
  stages:
    train: { run: 'echo \${{ rate }} \${{ seed }} > \${{ outputs.x }}', over: [rate, seed], outputs: { x: x } }
    test: { run: 'echo \${{ draw }} > \${{ outputs.x }}', over: [seed, rate, draw], inputs: { train: train }, outputs: { x: x } }
    all: { run: 'cat \${{ inputs.test }}', inputs: { test: test, train: train } }
`);

it('an axis that repeats is swept over like any other, and its tasks know it', async () => {
  const { axes, tasks } = await pipelineOf(text);
  expect(axes).toEqual({ draw: ['a', 'b'], rate: [1, 2], seed: [1, 2, 3] });
  expect(tasks).toHaveLength(6 + 12 + 1);
  const repeatIn = (stage: string) =>
    new Set(tasks.filter((task) => task.stage === stage).map(({ repeat }) => repeat?.join()));
  // In the order of the file, not of the stage.
  expect([...repeatIn('train'), ...repeatIn('test'), ...repeatIn('all')]).toEqual(['seed', 'draw,seed', undefined]);
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const all = tasks.at(-1)!;
  expect(repeatOf(all.inputs, byId)).toEqual(['draw', 'seed']);
  // Where another stage has an axis of this name that repeats nothing, they mean different things.
  const [first] = tasks;
  byId.set(first!.id, { ...first!, repeat: [] });
  expect(repeatOf(all.inputs, byId)).toEqual(['draw']);
  expect(repeatOf(first!.inputs, byId)).toBeUndefined();
});

it('--set changes its values, and it still repeats', async () => {
  const { axes, tasks } = await pipelineOf(text, { set: ['seed=[7]'] });
  expect([axes.seed, tasks[0]!.repeat]).toEqual([[7], ['seed']]);
  const call = await mistakes(text, { set: ['seed={ values: [1] }'] });
  expect(call).toContain('--set seed: "seed" must be a list, not a map');
});

it('mistakes in it are shown at their places', async () => {
  const wrong = (axis: string) =>
    mistakes(`name: x\naxes: { seed: ${axis} }\nstages: { a: { run: [x], over: [seed] } }\n`);
  expect(await wrong('{ values: [1, 1], repeat: true }')).toContain('pipeline.yaml:2:29: error[E_DUPLICATE]');
  expect(await wrong('{ values: [1], repeats: true }')).toContain('did you mean "repeat"?');
  expect(await wrong('{ repeat: true }')).toContain('"values" is missing');
  expect(await wrong('{ values: [], repeat: true }')).toContain('needs at least 1 item');
  expect(await wrong('3')).toContain('must be a list of values, or { values: [1, 2, 3], repeat: true }');
});
