// The action for GitHub, as far as it can be tried elsewhere: its shell steps are run, those of other actions are read.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../src/paths.js';
import { type Sandbox, test } from '../e2e/program.js';
import { Runner, type Step } from './runner.js';

interface Action {
  readonly inputs: Readonly<Record<string, { description: string; required?: boolean; default?: string }>>;
  readonly outputs: Readonly<Record<string, { description: string; value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

const text = readFileSync(join(packageRoot, 'action.yml'), 'utf8');
const { inputs, runs, outputs } = parse(text) as Action;

describe('the action', () => {
  it('takes the inputs that it declares, and no others', () => {
    const used = [...text.matchAll(/\binputs\.([a-z-]+)/g)].map(([, name]) => name!);
    expect([...new Set(used)].sort()).toEqual(Object.keys(inputs).sort());
    for (const { description, required, default: value } of Object.values(inputs)) {
      expect(description).not.toBe('');
      expect(required === true || typeof value === 'string').toBe(true);
    }
  });

  it('gives out what its steps do', () => {
    const ids = runs.steps.flatMap(({ id }) => id ?? []);
    for (const { value } of Object.values(outputs)) expect(ids).toContain(/steps\.([a-z]+)\./.exec(value)![1]);
  });

  it('has steps of one kind each, whose scripts hold no expression that another could fill', () => {
    expect(runs.using).toBe('composite');
    for (const { uses, run, shell } of runs.steps) {
      expect([uses, run].filter((said) => said !== undefined)).toHaveLength(1);
      if (uses !== undefined) expect(uses).toMatch(/^actions\/[a-z-]+(\/[a-z]+)?@v\d+$/);
      if (run === undefined) continue;
      expect(shell).toBe('bash');
      expect(run).not.toContain('${{');
      execFileSync('bash', ['-n', '-c', run]);
    }
  });
});

type Inputs = Readonly<Record<string, string>>;

/** The value of a text with expressions, of inputs alone. */
function filled(value: string, given: Inputs): string {
  return value.replace(/\$\{\{ inputs\.([a-z-]+) \}\}/g, (_, name: string) => given[name]!);
}

/** True if a step is taken, of conditions on inputs and on how the steps before have ended. */
function isTaken(condition: string, given: Inputs, hasFailed: boolean): boolean {
  const parts = condition.replace(/^\$\{\{ (.*) \}\}$/, '$1').split(' && ');
  return (
    (!hasFailed || parts.includes('!cancelled()')) &&
    parts.every((part) => {
      if (part === '!cancelled()') return true;
      const [, name, comparison, value] = /^inputs\.([a-z-]+) (==|!=) '(.*)'$/.exec(part)!;
      return (given[name!] === value) === (comparison === '==');
    })
  );
}

/** Takes the steps that are shell scripts. Returns what each printed, by its name, and whether all went well. */
function take(box: Sandbox, chosen: Inputs, change = (pipeline: string) => pipeline) {
  const runner = new Runner(box);
  box.write('mini.yaml', change(box.read('mini.yaml')));
  box.write('summary.md', '');
  const given = {
    ...Object.fromEntries(Object.entries(inputs).map(([name, one]) => [name, one.default ?? ''])),
    ...chosen,
  };
  const printed: Record<string, string> = {};
  let hasFailed = false;
  for (const { name, run, if: condition = "${{ inputs.pipeline != '' }}", env = {} } of runs.steps) {
    if (run === undefined || !isTaken(condition, given, hasFailed)) continue;
    const values = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, filled(value, given)]));
    const { status, stdout, stderr } = runner.run(run, {
      ...{ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: box.path('summary.md'), GITHUB_WORKSPACE: box.folder },
      ...{ XDG_CONFIG_HOME: box.path('.config'), ...values },
    });
    printed[name!] = stdout + stderr;
    hasFailed ||= status !== 0;
  }
  return { printed, hasFailed };
}

describe.concurrent('its steps', () => {
  test('run, check, sum up and publish', ({ box }) => {
    const { printed, hasFailed } = take(box, {
      pipeline: 'mini.yaml',
      install: 'echo installed; true',
      publish: 'crate',
    });
    expect([hasFailed, Object.keys(printed)]).toEqual([
      false,
      ['Install', 'Run', 'Check', 'Results', 'Publish', 'Tidy'],
    ]);
    expect(printed.Install).toBe('installed\n');
    expect(printed.Run).toContain('ran 2, cached 0, failed 0');
    expect(printed.Check).toContain('1 of 1 met');
    expect(box.read('artifacts/metrics.csv')).toBe('# train\naccuracy\n0.9\n');
    expect(box.read('summary.md')).toMatch(/### run: mini[\s\S]*### check: mini[\s\S]*## train\n\n\| accuracy \|/);
    expect(box.has('crate/ro-crate-metadata.json')).toBe(true);
  });

  test('keep what was done where the time is over, and say so by failing', ({ box }) => {
    if (spawnSync('timeout', ['--version']).status !== 0) return;
    // coreutils takes parts of minutes.
    const chosen = { pipeline: 'mini.yaml', install: '', minutes: '0.1' };
    const slow = (text: string) => text.replace('cp ', 'sleep 60; cp ');
    const { printed, hasFailed } = take(box, chosen, slow);
    expect(hasFailed).toBe(true);
    expect(printed.Run).toContain('Finished work is kept.');
    const again = take(box, { ...chosen, minutes: '10' });
    expect(again.hasFailed).toBe(false);
    expect(again.printed.Run).toContain('ran 1, cached 1, failed 0');
  });

  test('go on to show what there is where one fails, and give options as they are quoted', ({ box }) => {
    const options = `--set 'noise=[0, 1]' --set "text=$(touch x) *"`;
    const { printed, hasFailed } = take(box, { pipeline: 'mini.yaml', install: '', options, publish: 'crate' });
    expect(hasFailed).toBe(true);
    expect(Object.keys(printed)).toEqual(['Run', 'Check', 'Results', 'Tidy']);
    expect(printed.Run).toContain('noise');
    expect(printed.Run).toContain('text');
    expect(box.has('x')).toBe(false);
  });
});
