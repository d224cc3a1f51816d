import { expect, it } from 'vitest';
import { comparisonTable } from '../../../src/cli/results/closing.js';
import { pipelineOf, plainStage, stageTask } from '../../run/examples.js';

it('the table of ANN and SNN keeps axes that are called as its own columns are', () => {
  const labels = { ANN: 'deep', part: 'upper', width: 'x', SNN: 'plain' };
  const tasks = [
    stageTask('sub/ann@x', 'ann-infer', plainStage, { stage: 'sub/ann', labels: { ANN: 'deep' } }),
    stageTask('sub/snn@x', 'snn-infer', plainStage, { stage: 'sub/snn', labels }),
    stageTask('ann', 'ann-infer', plainStage),
  ];
  const metrics = new Map([
    ['sub/ann@x', { accuracy: 0.9 }],
    ['sub/snn@x', { accuracy: 0.875, spikesPerImage: 1234.5, sopsPerImage: 99 }],
    ['ann', { accuracy: 0.5 }],
  ]);
  expect(
    comparisonTable(pipelineOf('.', tasks), metrics, 'md'),
  ).toBe(`| part | axis ANN | axis part | width | axis SNN | ANN     | SNN     | difference | spikes/image | SOPs/image (paper) |
| ---- | -------- | --------- | ----- | -------- | ------- | ------- | ---------- | -----------: | -----------------: |
|      |          |           |       |          | 50.00 % |         |            |              |                    |
| sub  | deep     | upper     | x     | plain    | 90.00 % | 87.50 % | −2.50 %    |        1,235 |                 99 |
`);
});
