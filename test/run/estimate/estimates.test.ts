import { hostname, platform, release } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Task } from '../../../src/pipeline/expand/task.js';
import { Estimator } from '../../../src/run/estimate/estimates.js';
import type { StageCost } from '../../../src/stage/cost.js';
import type { StageDefinition } from '../../../src/stage/definition.js';
import type { TaskRecord } from '../../../src/store/types.js';
import type { Json, Metrics, TaskId } from '../../../src/values.js';
import { command, from, pipelineOf, plainStage, stageTask } from '../examples.js';

const costs: Readonly<Record<string, StageCost>> = {
  data: { apart: ['name'] },
  train: { counts: ['epochs', { input: 'data', metric: 'images' }], apart: ['network'] },
  test: { counts: [{ input: 'data', metric: 'images' }] },
};

const definitionOf = (name: string): StageDefinition => ({
  ...plainStage,
  name,
  ...(costs[name] && { cost: costs[name] }),
});

const digest = (text: string) => `sha256:${text}` as never;
const here = `${platform()} ${release()} ${process.arch} ${hostname()}`;

interface Made {
  readonly parameters?: Readonly<Record<string, Json>>;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly seconds?: number;
  readonly threads?: number;
  readonly metrics?: Metrics;
  readonly at?: number;
  readonly platform?: string;
}

/** A record of a stage of that name, whose output is called by `makes`. */
function record(stage: string, makes: string, made: Made = {}): TaskRecord {
  const { parameters = {}, inputs = {}, seconds = 1, threads = 1, metrics = {}, at = 0 } = made;
  return {
    key: makes as never,
    parts: {
      ...{ type: 'spikeline-task/2', action: { stage, fingerprint: 'f' }, parameters, outputs: {}, env: {}, files: {} },
      ...{
        inputs: Object.fromEntries(Object.entries(inputs).map(([name, from]) => [name, { digest: digest(from) }])),
        engine: null,
      },
    },
    outputs: { result: { kind: 'file', digest: digest(makes), size: 100 } },
    metrics,
    provenance: {
      ...{ task: stage as TaskId, pipeline: 'other', axes: {}, finishedAt: `2026-01-0${at + 1}`, seconds, threads },
      ...{ spikeline: '0', node: 'v20', platform: made.platform ?? here },
    },
  };
}

const task = (stage: string, parameters: Readonly<Record<string, Json>>, inputs: Task['inputs'] = {}) =>
  stageTask(stage, stage, definitionOf(stage), { parameters, inputs, resources: { cpus: 'any' } });

function estimatorOf(
  tasks: readonly Task[],
  records: readonly TaskRecord[],
  known: Readonly<Record<string, Metrics>> = {},
) {
  const estimator = new Estimator(pipelineOf('/p', tasks), records, (id) => known[id]);
  return (name: string, cores = 1) => {
    const found = estimator.estimate(tasks.find(({ id }) => id === name)!)?.seconds(cores);
    return found === undefined ? undefined : Number(found.toFixed(1));
  };
}

const smoke = [
  record('data', 'few', { parameters: { name: 'few' }, metrics: { images: 100 } }),
  record('train', 'small', { parameters: { network: 'lenet', epochs: 1 }, inputs: { data: 'few' }, seconds: 2.4 }),
];
const full = [task('data', { name: 'many' }), task('train', { network: 'lenet', epochs: 10 }, { data: from('data') })];

describe('estimates', () => {
  it('grow with what the stage counts, but for the beginning of a task', () => {
    const seconds = estimatorOf(full, smoke, { data: { images: 1000 } });
    expect(seconds('train')).toBe(0.4 + 2 * 100);
  });

  it('are none while a count is not known, where nothing like it ran, and of work of another kind', () => {
    expect(estimatorOf(full, smoke)('train')).toBeUndefined();
    expect(estimatorOf(full, [])('train')).toBeUndefined();
    expect(estimatorOf(full, smoke)('data')).toBeUndefined();
    const vgg = [full[0]!, task('train', { network: 'vgg', epochs: 10 }, { data: from('data') })];
    expect(estimatorOf(vgg, smoke, { data: { images: 100 } })('train')).toBeUndefined();
  });

  it('know counts by a task that was the same but for its code', () => {
    const same = record('data', 'more', { parameters: { name: 'many' }, metrics: { images: 200 } });
    expect(estimatorOf(full, [...smoke, same])('train')).toBe(0.4 + 2 * 20);
  });

  it('tell tasks apart by what made their inputs', () => {
    const tests = (network: string) => [
      task('data', { name: 'few' }),
      task('train', { network, epochs: 1 }, { data: from('data') }),
      task('test', {}, { data: from('data'), checkpoint: from('train') }),
    ];
    const ran = [...smoke, record('test', 'result', { inputs: { data: 'few', checkpoint: 'small' }, seconds: 4.4 })];
    expect(estimatorOf(tests('lenet'), ran)('test')).toBe(4.4);
    expect(estimatorOf(tests('vgg'), ran)('test')).toBeUndefined();
  });

  it('go by the nearest parameters, by this machine, and then by the newest', () => {
    const tasks = [task('own', { rate: 1, mode: 'a' })];
    const ran = (rate: number, seconds: number, made: Made = {}) =>
      record('own', `${rate} ${seconds}`, { parameters: { rate, mode: 'a' }, seconds, ...made });
    expect(estimatorOf(tasks, [ran(2, 7), ran(1, 5)])('own')).toBe(5);
    expect(estimatorOf(tasks, [ran(1, 9, { platform: 'linux elsewhere' }), ran(2, 7)])('own')).toBe(7);
    expect(estimatorOf(tasks, [ran(1, 6, { at: 2 }), ran(1, 5, { at: 1 })])('own')).toBe(6);
  });

  it('take less with more cores than it was measured with', () => {
    const seconds = estimatorOf([task('own', {})], [record('own', 'x', { seconds: 10.4, threads: 1 })]);
    expect(seconds('own', 2)).toBe(5.8);
  });

  it('know commands by their pipeline and stage', () => {
    const made = record('', 'x', { seconds: 3 });
    const ran = (name: string): TaskRecord => ({
      ...{ ...made, parts: { ...made.parts, action: { command: [] } } },
      provenance: { ...made.provenance, task: 'own@k=1' as TaskId, pipeline: name },
    });
    const tasks = [command('own@k=2', { stage: 'own' })];
    expect(estimatorOf(tasks, [ran('example')])('own@k=2')).toBe(3);
    expect(estimatorOf(tasks, [ran('another')])('own@k=2')).toBeUndefined();
  });
});
