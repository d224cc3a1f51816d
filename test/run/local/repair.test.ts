import { expect, it } from 'vitest';
import { lostFailure, repairMessage, writtenFailure } from '../../../src/run/local/repair.js';

it('inputs that were written into are spoken of as one or as many', () => {
  const said = (...names: string[]) => [
    repairMessage(names),
    lostFailure(names).message,
    lostFailure(names).hint,
    writtenFailure(names).message,
  ];
  expect(said('i')).toEqual([
    'its input "i" was written into meanwhile, and is made again',
    'Its input "i" is damaged or missing in the store.',
    'Did a task write into it? Run again: it will be made again.',
    'The task changed its input "i", which belongs to the store and to all that read it.',
  ]);
  expect(said('i', 'd', 'e')).toEqual([
    'its inputs "i", "d" and "e" were written into meanwhile, and are made again',
    'Its inputs "i", "d" and "e" are damaged or missing in the store.',
    'Did a task write into them? Run again: they will be made again.',
    'The task changed its inputs "i", "d" and "e", which belong to the store and to all that read them.',
  ]);
});
