// Entry of a job: Slurm starts it on a node of the cluster, which may have another Node than the machine it was submitted
// from.

import { hostname } from 'node:os';
import { nodeProblem } from '../../node-range.js';

const problem = nodeProblem(process.versions.node);
if (problem !== undefined) {
  // Before anything is loaded that such a Node can't read.
  console.error(`spikeline: ${problem}; ${process.execPath} on ${hostname()} is ${process.version}.`);
  process.exit(1);
}
const { jobMain } = await import('./job-main.js');
process.exit(await jobMain(process.argv.slice(2)));
