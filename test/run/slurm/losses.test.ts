import { describe, expect, it } from 'vitest';
import type { Task } from '../../../src/pipeline/expand/task.js';
import type { SlurmFiles } from '../../../src/run/slurm/files.js';
import { Losses } from '../../../src/run/slurm/losses.js';
import { Patience } from '../../../src/run/slurm/patience.js';
import { Store } from '../../../src/store/store.js';
import { testFolder } from '../../store/folder.js';
import { command } from '../examples.js';

const job = { id: 'sub', array: 7, index: 1, slot: 1, group: 1, elements: 2 };

/** The jobs of one task, lost one after the other with these states; the number of each attempt that another one follows. */
function attempts(task: Task, states: readonly string[]) {
  const files = { pathOf: (...parts: string[]) => parts.join('/') } as unknown as SlurmFiles;
  const losses = new Losses({ cancel: async () => {} }, files, Store.open(testFolder()), new Patience(() => {}));
  const learned = states.map((state) => losses.learn({ task, job, end: 'lost', state }));
  return { losses, attempts: learned.map(({ attempt }) => attempt), hints: learned.map(({ failure }) => failure.hint) };
}

describe('a task whose jobs are lost', () => {
  it('gets another one as often as the reason allows, and no more', () => {
    const nodes = ['NODE_FAIL', 'NODE_FAIL', 'NODE_FAIL', 'NODE_FAIL'];
    expect(attempts(command('a'), nodes).attempts).toEqual([1, 2, 3, undefined]);
    expect(attempts(command('a'), ['CANCELLED', 'CANCELLED']).attempts).toEqual([1, undefined]);
    expect(attempts(command('a'), ['OUT_OF_MEMORY']).attempts).toEqual([undefined]);
  });

  it('counts each reason by itself, and attempts all together', () => {
    expect(attempts(command('a'), ['CANCELLED', 'NODE_FAIL', 'CANCELLED']).attempts).toEqual([1, 2, undefined]);
  });

  it('asks for more after each job that had not enough, as long as there is more', () => {
    const task = command('a', { resources: { memory: 1, moreMemory: [2, 3] } });
    const { losses, attempts: after } = attempts(task, ['OUT_OF_MEMORY', 'OUT_OF_MEMORY', 'OUT_OF_MEMORY']);
    expect([after, losses.next(task).resources.memory]).toEqual([[1, 2, undefined], 3]);
  });

  it('names what a job wrote that ended for no known reason', () => {
    expect(attempts(command('a'), ['FAILED']).hints).toEqual(['What it wrote is in sub/1.out']);
  });
});
