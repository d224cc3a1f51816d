import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands, examples, pipelineOptions } from '../../src/cli/command-table.js';
import { buildFolder, packageRoot } from '../../src/paths.js';
import { readPages } from './markdown.js';

const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Flags of a command, short and long. */
function flagsOf(name: string): string[] | undefined {
  const entry = commands.find(({ usage }) => usage.split(' ')[0] === name);
  if (entry === undefined) return undefined;
  const options = [...(entry.pipeline ? pipelineOptions : []), ...(entry.options ?? [])];
  return options.flatMap(([flags]) => flags.match(/--?[a-z-]+/g) ?? []).concat('--help');
}

// What is not run, because it takes hours or needs a cluster, is at least spelt right.
describe.each(readPages())('$name', ({ prose, blocks }) => {
  const lines = [prose, ...blocks.map(({ text }) => text)].flatMap((text) => text.split('\n'));

  it('calls commands that there are, with options that they have', () => {
    for (const line of lines)
      for (const [call, name, rest] of line.matchAll(/(?:npx )?spikeline ([a-z]+)((?: [^`#&|;)]*)?)/g)) {
        if (!call.startsWith('npx') && !commands.some(({ usage }) => usage.startsWith(name!))) continue;
        const flags = flagsOf(name!);
        expect(flags, line).toBeDefined();
        for (const [flag] of rest!.matchAll(/(?<= )--?[a-z-]+/g)) expect(flags, line).toContain(flag);
      }
  });

  it('calls scripts that there are', () => {
    for (const line of lines)
      for (const [, name] of line.matchAll(/npm run ([a-z:-]+)/g)) expect(Object.keys(scripts), line).toContain(name);
  });
});

describe('examples of --help', () => {
  const calls = [...examples.matchAll(/npx spikeline (.*)/g)].map(([, call]) => call!);

  it.each(calls)('spikeline %s', (call) => {
    // What runs is only planned here: the quickstart has a test of its own.
    const planned = call.replace(/^run /, 'run --dry-run ');
    const program = `"${process.execPath}" "${join(buildFolder, 'cli.cjs')}" ${planned}`;
    const { status, stderr } = spawnSync('sh', ['-c', program], { cwd: packageRoot, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});
