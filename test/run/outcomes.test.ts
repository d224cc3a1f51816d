import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/run/events.js';
import { Outcomes } from '../../src/run/outcomes.js';
import { Store } from '../../src/store/store.js';
import { testFolder } from '../store/folder.js';
import { command, pipelineOf } from './examples.js';

const [first, second] = [command('first', {}), command('second', {})];
const failure = { code: 'E_COMMAND', message: 'It failed.' };

function outcomesOf(keepGoing: boolean): { outcomes: Outcomes; events: RunEvent[] } {
  const folder = testFolder();
  const events: RunEvent[] = [];
  const options = { tasks: [first, second], force: new Set<never>(), keepGoing, jobs: 1 };
  const emit = (event: RunEvent) => events.push(event);
  const store = Store.open(join(folder, 'artifacts'));
  return { outcomes: new Outcomes(pipelineOf(folder, [first, second]), store, { ...options, emit }), events };
}

describe('Outcomes', () => {
  it('counts each task once, and tells of it', () => {
    const { outcomes, events } = outcomesOf(false);
    outcomes.begin();
    expect(outcomes.of(first.id)).toBeUndefined();
    outcomes.fail(first, failure, 1.5);
    outcomes.skip(second, 0);
    expect([outcomes.of(first.id), outcomes.of(second.id)]).toEqual(['failed', 'skipped']);
    expect(outcomes.end(true)).toEqual({
      ran: 0,
      cached: 0,
      failed: 1,
      skipped: 1,
      interrupted: true,
      results: new Map(),
    });
    expect(events.map(({ event }) => event)).toEqual(['start', 'task', 'task', 'end']);
    expect(events[1]).toEqual({ event: 'task', task: 'first', status: 'failed', seconds: 1.5, failure });
  });

  it('stops after a failure, unless the run is to keep going', () => {
    for (const keepGoing of [false, true]) {
      const { outcomes } = outcomesOf(keepGoing);
      expect(outcomes.isStopping).toBe(false);
      outcomes.fail(first, failure, 0);
      expect(outcomes.isStopping).toBe(!keepGoing);
    }
  });

  it('knows what will never run: what failed and skipped tasks lie before, or all after a failure that ends the run', () => {
    const below = command('below', { inputs: { o: { kind: 'output', task: first.id, output: 'o' } } });
    const { outcomes } = outcomesOf(true);
    expect([below, second].map((task) => outcomes.isHopeless(task))).toEqual([false, false]);
    outcomes.fail(first, failure, 0);
    expect([below, second].map((task) => outcomes.isHopeless(task))).toEqual([true, false]);
    outcomes.skipOpen(first);
    expect(outcomes.of(first.id)).toBe('failed');
    const { outcomes: ending } = outcomesOf(false);
    ending.fail(first, failure, 0);
    expect(ending.isHopeless(second)).toBe(true);
    ending.skipOpen(second);
    expect(ending.of(second.id)).toBe('skipped');
  });
});
