import { fork } from 'node:child_process';
import { join } from 'node:path';
import { choosing } from '../../engine/processor-choice.js';
import { buildFolder } from '../../paths.js';
import type { Measured, ToMeasure } from './messages.js';

/**
 * Measures a few steps of work, as the process of a task would do them.
 * @param gpu what its stage says of the graphics processor
 * @throws Error that says why it can't
 */
export async function measureApart(asked: ToMeasure, gpu?: string): Promise<Exclude<Measured, { problem: string }>> {
  const child = fork(join(buildFolder, 'measure.js'), {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...process.env, ...choosing(gpu) },
  });
  const answer = await new Promise<Measured>((resolve, reject) => {
    child.once('message', (found) => resolve(found as Measured));
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolve({ problem: `its process ended with ${signal ?? `exit code ${code}`}` }),
    );
    // One that can't be started may have no channel, and its error follows.
    if (child.connected) child.send(asked);
  });
  if ('problem' in answer) throw new Error(answer.problem);
  return answer;
}
