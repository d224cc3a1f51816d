import { join } from 'node:path';
import { nodeCheck } from '../../node-range.js';
import { buildFolder } from '../../paths.js';
import type { SlurmSettings } from '../../pipeline/check/slurm.js';
import { quote, siteVariables } from '../process/command.js';

/** Before what a job says that can't do its task: it has no other way to tell than what it writes. */
const mark = 'spikeline: ';

/**
 * What Slurm runs of a submission. It looks whether there is what it needs: that depends on the node.
 *
 * @param folder of the submission
 */
export function jobScript(
  folder: string,
  { modules = [], setup = [] }: Pick<SlurmSettings, 'modules' | 'setup'>,
  { node, program } = { node: process.execPath, program: join(buildFolder, 'slurm-job.js') },
): string {
  const load = ['module', 'load', ...modules].map(quote).join(' ');
  const isSetUp = modules.length + setup.length > 0;
  const lines = [
    // `module` is a function of login shells.
    isSetUp ? '#!/bin/bash -l' : '#!/bin/sh',
    `say() { echo "${mark}$1" >&2; exit 1; }`,
    ...(isSetUp ? ['declare -A was; for name in $(compgen -e); do was[$name]=${!name}; done'] : []),
    ...(modules.length > 0 ? [`${load} || say "'${load}' failed on $(uname -n)."`] : []),
    ...setup,
    // What these have set or changed is handed on to commands.
    ...(isSetUp
      ? [
          `for name in $(compgen -e); do [ "\${was[$name]-unset}" = "\${!name}" ] || changed="$changed $name"; done`,
          `export ${siteVariables}="$changed"`,
        ]
      : []),
    `node=${quote(node)} program=${quote(program)} folder=${quote(folder)}`,
    '[ -r "$folder/job" ] || say "$folder cannot be read on $(uname -n): does that node see the artifacts folder?"',
    '[ -r "$program" ] || say "Spikeline is not on $(uname -n), where it was started from: $program."',
    'version=$("$node" --version 2> /dev/null) || say "Node does not run on $(uname -n): $("$node" --version 2>&1)"',
    ...nodeCheck('version', (problem) => `say "${problem}; $node on $(uname -n) is $version."`),
    'exec "$node" "$program" "$folder"',
  ];
  return `${lines.join('\n')}\n`;
}

/** What a job has said that could not do its task. @param output what it wrote */
export function saidBy(output: string): string | undefined {
  const line = output.split('\n').findLast((one) => one.startsWith(mark));
  return line?.slice(mark.length);
}

/** The same from the job's program. */
export function say(text: string): void {
  console.error(`${mark}${text}`);
}
