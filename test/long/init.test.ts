import { mkdirSync, symlinkSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { test } from '../e2e/program.js';

const sets = (...values: readonly string[]) => values.flatMap((value) => ['--set', value]);
const calls = {
  quickstart: sets('epochs=1'),
  sweep: ['--profile', 'smoke', ...sets('precision=[fp32, { k: 1, B: 2 }]', 'seed=[1, 2]', 'noise=[0]')],
  'own-data': sets('epochs=1'),
};

describe('a folder that init has made', () => {
  test.for(Object.entries(calls))('runs: %s', async ([name, options], { box }) => {
    mkdirSync(box.path('node_modules'));
    symlinkSync(packageRoot, box.path('node_modules/spikeline'));
    await box.run(['init', '--template', name]);
    const { code, out, err } = await box.run(['run', `${name}.yaml`, ...options]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/\d+ of \d+ met/);
    expect(box.read(`artifacts/${name}/trade-off/trade-off.csv`)).toMatch(/^point,accuracy,operations\nn?\S+.*\n/);
    expect(box.has(`artifacts/${name}/report.html`)).toBe(true);
  });
});
