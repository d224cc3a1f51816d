import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventFile } from '../../src/exchange/tensorboard.js';
import { hasPackages, python } from '../peers/python.js';
import { testFolder } from '../store/folder.js';

const present = hasPackages(['tensorboard']);

const read = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
print(json.dumps({tag: [[one.step, one.value, one.wall_time] for one in events.Scalars(tag)] for tag in events.Tags()['scalars']}))
`;

it.skipIf(!present)('TensorBoard reads event files as they were meant', () => {
  const folder = testFolder();
  const scalars = [1, 2, 3].map((step) => ({ tag: 'loss', step, value: 1 / 2 ** step }));
  writeFileSync(
    join(folder, 'events.out.tfevents.5.spikeline'),
    eventFile([...scalars, { tag: 'result/accuracy', step: 0, value: 0.5 }], 5),
  );
  const { stdout, stderr, status } = spawnSync(python, ['-c', read, folder], { encoding: 'utf8' });
  expect([status, stderr.includes('Traceback')]).toEqual([0, false]);
  expect(JSON.parse(stdout)).toEqual({
    loss: [
      [1, 0.5, 5],
      [2, 0.25, 5],
      [3, 0.125, 5],
    ],
    'result/accuracy': [[0, 0.5, 5]],
  });
});
