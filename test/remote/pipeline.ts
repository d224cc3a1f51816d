import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from '../e2e/program.js';
import { listFiles } from '../store/folder.js';

/** Chains with files of several sizes and a folder; every command notes that it ran. */
export const pipelineText = `
name: chain
axes: { n: [1, 2, 3] }
stages:
  make:
    over: [n]
    run: 'echo make >> "$RAN"; seq \${{ n }} 60000 > \${{ outputs.numbers }}; mkdir -p \${{ outputs.folder }}/deep; echo \${{ n }} > \${{ outputs.folder }}/deep/n; : > \${{ outputs.folder }}/empty'
    env: [RAN]
    outputs: { numbers: numbers.txt, folder: folder }
  half:
    over: [n]
    run: 'echo half >> "$RAN"; head -c 100000 \${{ inputs.numbers }} > \${{ outputs.half }}; cat \${{ inputs.folder }}/deep/n >> \${{ outputs.half }}'
    env: [RAN]
    inputs: { numbers: make.numbers, folder: make.folder }
    outputs: { half: half.txt }
  sum:
    run: 'echo sum >> "$RAN"; cat \${{ inputs.half }} | cksum > \${{ outputs.sum }}'
    env: [RAN]
    inputs: { half: half }
    outputs: { sum: sum.txt }
`;
export const taskCount = 7;

/** What people find in the tree of a pipeline, with the digest of each file: not its page, which has times in it. */
export function treeOf(box: Sandbox, pipeline = 'chain'): Record<string, string> {
  const folder = box.path(`artifacts/${pipeline}`);
  const files = listFiles(folder).filter((path) => !path.startsWith('.') && path.includes('/'));
  return Object.fromEntries(
    files.map((path) => {
      const file = join(folder, path);
      const mode = statSync(file).mode & 0o111 ? 'x' : '-';
      return [path, `${mode} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`];
    }),
  );
}
