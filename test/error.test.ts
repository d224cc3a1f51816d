import { describe, expect, it } from 'vitest';
import { UserError } from '../src/error.js';
import { StoreError } from '../src/files/error.js';
import { SlurmError } from '../src/run/slurm/command.js';

describe('UserError', () => {
  it('is told as plain data, without what it lacks', () => {
    expect(new UserError('E_X', 'It is wrong.').toFailure()).toEqual({ code: 'E_X', message: 'It is wrong.' });
    expect(new UserError('E_X', 'It is wrong.', 'Mend it.').toFailure()).toEqual({
      code: 'E_X',
      message: 'It is wrong.',
      hint: 'Mend it.',
    });
  });

  it('ends a command by 2 for mistakes of the user’s, and by 1 for the trouble of a machine', () => {
    expect(new UserError('E_X', 'It is wrong.').exitCode).toBe(2);
    expect(new StoreError('E_INPUT_MISSING', 'It is not there.').exitCode).toBe(2);
    expect(new StoreError('E_STORE_FULL', 'It is full.').exitCode).toBe(1);
  });

  it('is known wherever its code was bundled', () => {
    // As another bundle of the program, or of a stage of the user's, has it.
    const far = Object.assign(new Error('far'), { [Symbol.for('spikeline.UserError')]: true });
    expect(far instanceof UserError).toBe(true);
    expect(new Error('other') instanceof UserError).toBe(false);
  });

  it('is told from its kinds', () => {
    const full = new StoreError('E_STORE_FULL', 'It is full.');
    expect([full instanceof UserError, full instanceof StoreError, full instanceof SlurmError]).toEqual([
      true,
      true,
      false,
    ]);
    expect(new UserError('E_X', 'It is wrong.') instanceof StoreError).toBe(false);
  });
});
