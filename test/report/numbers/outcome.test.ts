import { describe, expect, it } from 'vitest';
import { isReported, type Judged, outcomeOf, outcomeText } from '../../../src/report/numbers/outcome.js';

const own: Judged = { verdict: 'met', sourced: false, reported: false };
const identity: Judged = { verdict: 'met', sourced: true, reported: false };
const paper: Judged = { verdict: 'met', sourced: true, reported: true };
const elsewhere: Judged = { ...paper, verdict: 'n/a' };

describe('the outcome of expectations', () => {
  it.each<[string, readonly Judged[]]>([
    ['nothing compared, 1 not compared', [elsewhere]],
    ['2 of 2 met', [own, own]],
    ['2 of 2 met', [paper, identity]],
    ['1 of 2 met', [paper, { ...paper, verdict: 'OFF' }]],
    ['2 of 2 met, 1 not compared', [paper, own, elsewhere]],
    ['2 of 2 met, none of them a result that a source reports', [own, identity]],
    ['1 of 1 met, none of them a result that a source reports, 1 not compared', [own, elsewhere]],
    ['0 of 1 met', [{ ...identity, verdict: 'missing' }]],
    ['1,234 of 1,234 met', Array.from({ length: 1234 }, () => own)],
  ])('is "%s"', (text, verdicts) => {
    expect(outcomeText(outcomeOf(verdicts))).toBe(text);
  });

  it('has results of a source only where a number of it is of what is measured', () => {
    expect(isReported('accuracy', 0.9, 'table 3')).toBe(true);
    // A metric of the user's own is a measurement.
    expect(isReported('f1', 0.9, 'table 3')).toBe(true);
    expect(isReported('accuracy', 0.9, undefined)).toBe(false);
    // Bounds, and what two tasks agree in.
    expect(isReported('accuracy', undefined, 'table 3')).toBe(false);
    expect(isReported('neuronsDifferent', 0, 'conversion is exact')).toBe(false);
    expect(isReported('neurons', 26880, 'LeNet of the paper')).toBe(false);
  });
});
