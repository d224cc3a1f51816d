import { describe, expect, it } from 'vitest';
import { resultsTable } from '../../../src/cli/results/results-table.js';
import { pointsEstimate } from '../../../src/report/numbers/estimates.js';
import type { Recognising } from '../../../src/results/confusion.js';
import { pairedDifference } from '../../../src/results/statistics.js';
import type { ColumnDeclaration, StageDefinition } from '../../../src/stage/definition.js';
import type { Metrics, TaskId } from '../../../src/values.js';
import annInfer from '../../../stages/ann-infer.js';
import snnInfer from '../../../stages/snn-infer.js';
import { command, pipelineOf, plainStage, stageTask } from '../../run/examples.js';

const [ann, snn] = [annInfer, snnInfer] as unknown as StageDefinition[];

const withColumns = (...columns: ColumnDeclaration[]): StageDefinition => ({ ...plainStage, columns });

describe('the table of results', () => {
  it('keeps axes that are called as its own columns are', () => {
    const labels = { ANN: 'deep', part: 'upper', width: 'x', SNN: 'plain' };
    const tasks = [
      stageTask('sub/ann@x', 'ann-infer', ann!, { stage: 'sub/ann', labels: { ANN: 'deep' } }),
      stageTask('sub/snn@x', 'snn-infer', snn!, { stage: 'sub/snn', labels }),
      stageTask('ann', 'ann-infer', ann!),
    ];
    const metrics = new Map([
      ['sub/ann@x', { accuracy: 0.9 }],
      ['sub/snn@x', { accuracy: 0.875, spikesPerImage: 1234.5, sopsPerImage: 99 }],
      ['ann', { accuracy: 0.5 }],
    ]);
    expect(
      resultsTable(pipelineOf('.', tasks), metrics, 'md'),
    ).toBe(`| part | axis ANN | axis part | width | axis SNN | ANN     | SNN     | difference | spikes/image | SOPs/image (paper) |
| ---- | -------- | --------- | ----- | -------- | ------- | ------- | ---------- | -----------: | -----------------: |
|      |          |           |       |          | 50.00 % |         |            |              |                    |
| sub  | deep     | upper     | x     | plain    | 90.00 % | 87.50 % | −2.50 %    |        1,235 |                 99 |
`);
  });

  it('shows what any stage declares, of commands and other stages nothing', () => {
    const own = withColumns({ title: 'mass (g)', metric: 'mass' }, { title: 'pure', metric: 'pure' });
    const tasks = [
      ...[1, 2].map((n) => stageTask(`weigh@n=${n}`, './weigh.ts', own, { labels: { n: String(n) } })),
      ...[stageTask('plain', './plain.ts', plainStage), command('count')],
    ];
    const metrics = new Map([
      ['weigh@n=1', { mass: 1234.5, pure: true }],
      ['weigh@n=2', { mass: 1200, other: 1 }],
      ['plain', { mass: 5 }],
      ['count', { mass: 6 }],
    ]);
    expect(resultsTable(pipelineOf('.', tasks), metrics, 'md')).toBe(`| n   | mass (g) | pure |
| --- | -------: | ---- |
| 1   |   1234.5 | true |
| 2   |    1,200 | –    |
`);
    expect(resultsTable(pipelineOf('.', tasks.slice(2)), metrics, 'md')).toBe('');
  });

  it('names the stage of a row where several stages of a part have the same column', () => {
    const at = (stage: string, noise: string) =>
      stageTask(`${stage}@noise=${noise}`, 'snn-infer', snn!, { stage, labels: { noise } });
    const tasks = [
      stageTask('ann', 'ann-infer', ann!),
      ...[at('clean', '0'), at('noisy', '0.1'), at('noisy', '0.2')],
      stageTask('sub/snn', 'snn-infer', snn!, { stage: 'sub/snn' }),
    ];
    const metrics = new Map(
      tasks.map(({ id }, i) => [id as string, { accuracy: 0.9 - i / 10, spikesPerImage: i, sopsPerImage: 2 * i }]),
    );
    expect(
      resultsTable(pipelineOf('.', tasks), metrics, 'md'),
    ).toBe(`| stage | noise | part | ANN     | SNN     | difference | spikes/image | SOPs/image (paper) |
| ----- | ----- | ---- | ------- | ------- | ---------- | -----------: | -----------------: |
| clean | 0     |      | 90.00 % | 80.00 % | −10.00 %   |            1 |                  2 |
| noisy | 0.1   |      | 90.00 % | 70.00 % | −20.00 %   |            2 |                  4 |
| noisy | 0.2   |      | 90.00 % | 60.00 % | −30.00 %   |            3 |                  6 |
|       |       | sub  | –       | 50.00 % | –          |            4 |                  8 |
`);
    // The stages of one of them are told apart by what their columns are.
    expect(resultsTable(pipelineOf('.', tasks.slice(0, 2)), metrics, 'md')).not.toContain('stage');
  });

  it('compares a task with the only one that has the column, at the same point of the axes', () => {
    const base = withColumns({ title: 'before', metric: 'size', format: 'whole' });
    const own = withColumns(...([{ title: 'after', metric: 'size', format: 'whole' }] as const), {
      title: 'growth',
      metric: 'size',
      format: 'whole',
      minus: 'before',
    });
    const at = (n: string) => ({ labels: { n } });
    const tasks = [
      stageTask('base@n=1', './base.ts', base, at('1')),
      stageTask('base@n=2', './base.ts', base, at('2')),
      stageTask('own@n=1', './own.ts', own, at('1')),
      stageTask('own@n=2', './own.ts', own, at('2')),
      stageTask('own@n=3', './own.ts', own, at('3')),
      // Which of the three is it to be compared with?
      stageTask('own', './own.ts', own),
    ];
    const metrics = new Map<string, { size: number }>([
      ...([
        ['base@n=1', { size: 1000 }],
        ['base@n=2', { size: 5 }],
      ] as const),
      ...([
        ['own@n=1', { size: 3000 }],
        ['own@n=2', { size: 5 }],
      ] as const),
      ...([
        ['own@n=3', { size: 4 }],
        ['own', { size: Number.NaN }],
      ] as const),
    ]);
    expect(resultsTable(pipelineOf('.', tasks), metrics, 'md')).toBe(`| n   | before | after | growth |
| --- | ------ | ----- | ------ |
| 1   | 1,000  | 3,000 | +2,000 |
| 2   | 5      | 5     | 0      |
| 3   | –      | 4     | –      |
|     | –      | –     | –      |
`);
  });

  it('gives the difference of two runs an interval by the images that they recognised, where they tell', () => {
    const tasks = [stageTask('ann', 'ann-infer', ann!), stageTask('snn', 'snn-infer', snn!)];
    const metrics = new Map([
      ['ann', { accuracy: 0.5, images: 16 }],
      ['snn', { accuracy: 0.625, images: 16, spikesPerImage: 1, sopsPerImage: 1 }],
    ]);
    const told = (bytes: number[], images = 16) => ({ images, recognised: Buffer.from(bytes).toString('base64') });
    const row = (own: ReturnType<typeof told>) => {
      const recognised = new Map([
        ['ann', told([0xff, 0x00])],
        ['snn', own],
      ] as [TaskId, Recognising][]);
      return resultsTable(pipelineOf('.', tasks), metrics, 'text', recognised);
    };
    // Three were gained, one lost.
    expect(row(told([0xfe, 0x07]))).toContain(` ${pointsEstimate(pairedDifference(3, 1, 16), ' %')} `);
    expect(row(told([0xfe, 0x07]))).toContain('In brackets behind a difference: its 95 % interval by Tango’s score');
    // Of other images nothing is paired.
    expect(row(told([0xfe, 0x07, 0x00], 17))).toMatch(/ \+12\.50 % /);
    expect(row(told([0xfe, 0x07, 0x00], 17))).not.toContain('Tango');
  });

  it('has a row for those that repeat one another, and says what its intervals are', () => {
    const seeds = (stage: string, definition: StageDefinition) =>
      ['1', '2', '3'].map((seed) => ({
        ...stageTask(`${stage}@${seed}`, stage, definition, { stage, labels: { net: 'a', seed } }),
        repeat: ['seed'],
      }));
    const tasks = [...seeds('ann-infer', ann!), ...seeds('snn-infer', snn!)];
    const run = (accuracy: number) => ({ accuracy, images: 1000, spikesPerImage: 1e4 * accuracy, sopsPerImage: 5 });
    const metrics = new Map(tasks.map(({ id, labels }) => [id as string, run(0.8 + Number(labels.seed) / 100)]));
    const table = (only: readonly (typeof tasks)[number][]) =>
      resultsTable(pipelineOf('.', only), metrics, 'text').split('\n');
    expect(table(tasks).filter((line) => line !== '')).toEqual([
      expect.stringMatching(/^net +ANN +SNN +difference +spikes\/image/) as string,
      expect.any(String) as string,
      expect.stringMatching(
        /^a +82.0 ± 2.5 % \(s 1.0, n 3\) +82.0 ± 2.5 % \(s 1.0, n 3\) +0 +8,200 ± 250 \(s 100, n 3\) +5 ± 0/,
      ) as string,
      expect.stringMatching(/^±: half of the 95 % interval/) as string,
    ]);
    // What lies between them repetition by repetition is less spread than either.
    const other = tasks.slice(3).map(({ id, labels }) => [id, run(0.82 + Number(labels.seed) ** 2 / 1000)] as const);
    const differing = new Map<string, Metrics>([...metrics, ...other]);
    expect(resultsTable(pipelineOf('.', tasks), differing, 'text')).toMatch(/ \+0\.5 ± 1\.5 % \(s 0\.6, n 3\) /);
    const [, , row, note] = table(tasks.slice(0, 1));
    expect([row, note]).toEqual([
      'a    81.0 % (78.5–83.3)',
      expect.stringMatching(/^In brackets: 95 % interval of the accuracy of one run/) as string,
    ]);
    // Several seeds of the noise in one task are repetitions, too; what they are compared with stands still.
    const drawn = new Map<string, Metrics>([
      ['ann-infer@1', { accuracy: 0.81, images: 1000 }],
      ['snn-infer@1', { ...run(0.8), accuracyBySeed: [0.79, 0.8, 0.81] }],
    ]);
    const [oneAnn, oneSnn] = [tasks[0]!, tasks[3]!];
    expect(resultsTable(pipelineOf('.', [oneAnn, oneSnn]), drawn, 'text')).toMatch(/ −1\.0 ± 2\.5 % \(s 1\.0, n 3\) /);
    // Nobody declared it.
    const undeclared = tasks.slice(0, 3).map((task) => ({ ...task, repeat: [] }));
    const plain = pipelineOf('.', undeclared);
    expect(resultsTable(plain, metrics, 'text')).toContain(
      'Nothing is averaged over "seed". If it repeats the same experiment, declare it: ' +
        'axes: { seed: { values: [1, 2, 3], repeat: true } }\n',
    );
  });
});
