/** What is wrong with a scalar that a file or a call says. */
export interface ScalarProblem {
  readonly code: 'E_NUMBER' | 'E_TEXT' | 'E_EXPRESSION';
  readonly message: string;
  readonly hint?: string;
}

export interface NumberProblem extends ScalarProblem {
  /** A value to go on with, so that the file's other mistakes are found. */
  readonly instead: number;
}

/**
 * Why a number can't be kept: results are found by their values, so that one that arithmetic or JSON would change is told
 * instead. Fractions are rounded to the nearest double, as everywhere.
 */
export function numberProblem(value: number, written: string): NumberProblem | undefined {
  const problem = (message: string, hint: string, instead = 0): NumberProblem => ({
    ...{ code: 'E_NUMBER', message: `${written} ${message}.`, hint, instead },
  });
  const asText = `quote it to keep it as text: '${written}'`;
  if (Number.isNaN(value)) return problem('is not a number that results can be found by', asText);
  if (!Number.isFinite(value))
    return /inf/i.test(written)
      ? problem('is not a number that results can be found by', asText, Math.sign(value) * Number.MAX_VALUE)
      : problem('is larger than any number can be', asText, Math.sign(value) * Number.MAX_VALUE);
  if (Object.is(value, -0))
    return problem('is 0 for most programs, but not for all', `write 0, or quote it: '${written}'`);
  if (/^[-+]?0\d/.test(written)) {
    const octal = /^[-+]?[0-7]+$/.test(written) ? `, 0o${written.replace(/^[-+]?0+/, '')} for an octal one` : '';
    return problem(`would be ${value}, without the zeros`, `write ${value}${octal}, or quote it: '${written}'`, value);
  }
  if (value === 0 && /[1-9]/.test(written.replace(/e.*$/i, ''))) return problem('is too small: it would be 0', asText);
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && !/^[-+]?[\d.]+e/i.test(written))
    return problem(
      'is beyond 2^53, where numbers are no longer exact',
      `${asText}; or write ${value.toExponential()}, the nearest number`,
      value,
    );
  return undefined;
}

/** Why a text can't be kept: no command, no file name and no UTF-8 holds it. */
export function textProblem(text: string): ScalarProblem | undefined {
  if (text.includes('\0'))
    return {
      code: 'E_TEXT',
      message: 'This text holds a zero character, which ends texts elsewhere.',
      hint: 'remove \\0',
    };
  if (!text.isWellFormed()) {
    const hint = 'write the character itself, or both halves';
    return { code: 'E_TEXT', message: 'This text holds half a character (a lone surrogate).', hint };
  }
  return undefined;
}

/** Where expressions are not evaluated, one must not be taken for a text in silence. */
export const valueExpression: ScalarProblem = {
  code: 'E_EXPRESSION',
  message: 'There are no expressions here: they are evaluated in `run:` and in the values of `with:`.',
  hint: 'write the value itself; for a text that holds ${{, write $${{',
};

export const keyExpression: ScalarProblem = {
  code: 'E_EXPRESSION',
  message: 'A key is not an expression: they are evaluated in `run:` and in the values of `with:`.',
  hint: 'write the name itself',
};
