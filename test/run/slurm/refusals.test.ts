import { expect, it } from 'vitest';
import { kindOfRefusal } from '../../../src/run/slurm/refusals.js';

it.each([
  ['', 'down'],
  ['Batch job submission failed: Unable to contact slurm controller (connect failure)', 'down'],
  ['Batch job submission failed: Socket timed out on send/recv operation', 'down'],
  ['Batch job submission failed: Unexpected message received', 'down'],
  ['slurm_load_jobs error: Zero Bytes were transmitted or received', 'down'],
  ['slurm_load_jobs error: Slurm backup controller in standby mode', 'down'],
  ['Batch job submission failed: Protocol authentication error', 'down'],
  ['Slurm temporarily unable to accept job, sleeping and retrying.', 'limit'],
  ['Batch job submission failed: Resource temporarily unavailable', 'limit'],
  [
    'AssocMaxSubmitJobLimit\nBatch job submission failed: Job violates accounting/QOS policy (job submit limit, …)',
    'limit',
  ],
  [
    'QOSMaxSubmitJobPerUserLimit\nBatch job submission failed: Job violates accounting/QOS policy (job submit limit, …)',
    'limit',
  ],
  ['Batch job submission failed: Job violates accounting/QOS policy (job submit limit, …)', 'perhaps-limit'],
  [
    'QOSMaxWallDurationPerJobLimit\nBatch job submission failed: Job violates accounting/QOS policy (job submit limit, …)',
    'refused',
  ],
  ['invalid partition specified: nowhere', 'refused'],
  ['Batch job submission failed: Requested node configuration is not available', 'refused'],
])('%j is %s', (said, kind) => expect(kindOfRefusal(said)).toBe(kind));
