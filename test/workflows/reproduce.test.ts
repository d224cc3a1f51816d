import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildFolder, packageRoot } from '../../src/paths.js';
import { readPage } from '../docs/markdown.js';
import { Sandbox } from '../e2e/program.js';
import { Runner, type Step } from './runner.js';

interface Workflow {
  readonly on: {
    readonly workflow_dispatch?: { inputs?: Record<string, { options: readonly string[]; default: string }> } | null;
  };
  readonly env?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { env?: Readonly<Record<string, string>>; steps: readonly Step[] }>>;
}

const file = readFileSync(join(packageRoot, '.github/workflows/reproduce.yml'), 'utf8');
const copy = readPage('docs/ci.md').blocks.find(({ words }) => words.workflow !== undefined)!.text;

const program = (args: readonly string[], cwd = packageRoot) =>
  spawnSync(process.execPath, [join(buildFolder, 'cli.cjs'), ...args], { cwd, encoding: 'utf8' });

describe.each([
  ['the workflow', file],
  ['its copy in docs/ci.md', copy],
])('%s', (_, text) => {
  const workflow = parse(text) as Workflow;
  const { steps, env: jobEnv = {} } = workflow.jobs.reproduce!;

  it('has steps that say what to do, each in one way', () => {
    for (const step of steps) {
      expect([step.uses, step.run].filter((said) => said !== undefined)).toHaveLength(1);
      if (step.uses !== undefined) expect(step.uses).toMatch(/^actions\/[a-z-]+(\/[a-z]+)?@v\d+$/);
      if (step.run !== undefined) execFileSync('bash', ['-n', '-c', step.run]);
      // What a job shows or keeps must be shown and kept when something failed, too.
      if (/upload|save|gc/.test(`${step.uses} ${step.run}`)) expect(step.if).toContain('!cancelled()');
    }
  });

  it('calls commands of this program with options that they have', () => {
    const calls = steps.flatMap(({ run = '' }) => [...run.matchAll(/npx spikeline ([a-z]+)([^\n]*)/g)]);
    expect(calls.map(([, command]) => command)).toEqual(expect.arrayContaining(['run', 'check', 'gc']));
    for (const [, command, rest] of calls) {
      const help = program([command!, '--help']);
      expect(help.status).toBe(0);
      for (const [, option] of rest!.split('#')[0]!.matchAll(/(?<= )(--?[a-z-]+)/g))
        expect(help.stdout).toMatch(new RegExp(`^ +(-., )?${option}\\b`, 'm'));
    }
  });

  it('takes up the newest store and saves it under a name of its own', () => {
    const restore = steps.find(({ uses }) => uses?.includes('cache/restore'))!;
    const save = steps.find(({ uses }) => uses?.includes('cache/save'))!;
    expect(save.with!.path).toBe(restore.with!.path);
    expect(save.with!.key).toBe(`\${{ steps.${restore.id} .outputs.cache-primary-key }}`.replace(' .', '.'));
    expect(restore.with!.key).toContain('github.run_id');
    for (const prefix of restore.with!['restore-keys']!.trim().split('\n'))
      expect(restore.with!.key!.startsWith(prefix.trim())).toBe(true);
  });

  it('computes nothing when it is run again with the store that it kept', async () => {
    const boxes = [new Sandbox(), new Sandbox()];
    try {
      for (const [round, box] of boxes.entries()) {
        if (round > 0) cpSync(boxes[0]!.path('artifacts/store'), box.path('artifacts/store'), { recursive: true });
        const out = simulate(box, steps, { ...workflow.env, ...jobEnv });
        expect(out).toContain(round === 0 ? 'ran 2, cached 0, failed 0' : 'ran 0, cached 2, failed 0');
        expect(out).toContain('1 of 1 met');
        expect(box.has('artifacts/mini/plots/result.txt')).toBe(true);
      }
    } finally {
      for (const box of boxes) await box.remove();
    }
  });
});

/** Runs the steps that are commands, for a pipeline of two tasks. Returns what they print. */
function simulate(box: Sandbox, steps: readonly Step[], env: Readonly<Record<string, string>>): string {
  const runner = new Runner(box);
  const plain = Object.fromEntries(Object.entries(env).filter(([, value]) => !value.includes('${{')));
  let out = '';
  for (const { run } of steps) {
    if (run === undefined || run === 'npm ci') continue;
    const { status, stdout, stderr } = runner.run(run, {
      ...plain,
      ...{ PIPELINE: 'mini.yaml', PROFILE: 'none', SPIKELINE_REMOTE: '' },
    });
    expect([run, status, stderr]).toEqual([run, 0, '']);
    out += stdout;
  }
  return out;
}

describe('what can be chosen by hand', () => {
  const { inputs } = (parse(file) as Workflow).on.workflow_dispatch!;

  it('are pipelines that there are, with the profiles of the first', () => {
    const { pipeline, profile } = inputs!;
    expect(pipeline!.options).toContain(pipeline!.default);
    for (const one of pipeline!.options) expect(existsSync(join(packageRoot, one))).toBe(true);
    const { profiles } = parse(readFileSync(join(packageRoot, pipeline!.default), 'utf8')) as { profiles: object };
    expect(profile!.options).toEqual(['none', ...Object.keys(profiles)]);
    expect(program(['validate', ...pipeline!.options]).status).toBe(0);
  });

  it('a profile becomes the option of every command', () => {
    const step = (parse(file) as Workflow).jobs.reproduce!.steps.find(({ name }) => name === 'Options')!;
    const box = new Sandbox();
    writeFileSync(box.path('env'), '');
    for (const profile of ['none', 'full'])
      execFileSync('bash', ['-e', '-c', step.run!], {
        env: { ...process.env, PROFILE: profile, GITHUB_ENV: box.path('env') },
      });
    expect(readFileSync(box.path('env'), 'utf8')).toBe('OPTIONS=\nOPTIONS=--profile full\n');
    return box.remove();
  });
});
