// Entry of a job: Slurm starts it on a node of the cluster. Its script has seen to it that there is a Node that can read it.

import { jobMain } from './job-main.js';

process.exit(await jobMain(process.argv.slice(2)));
