import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tryFlags } from '../../../../src/engine/wasm/compiler/trial.js';
import { testFolder, writeFiles } from '../../../store/folder.js';

/** Tries a program in the place of the engine. */
const outcome = (source: string) =>
  tryFlags(['--flag'], join(writeFiles(testFolder(), { 'probe.mjs': source }), 'probe.mjs'));
const kill = (signal: string) => `process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000);`;

it.each([
  ['dies of itself', kill('SIGTRAP'), 'fails', 'was ended by SIGTRAP'],
  [
    'dies of a check of V8',
    `console.error('\\n\\n#\\n# Fatal error in , line 0\\n# Check failed: a != b.\\n#'); ${kill('SIGTRAP')}`,
    ...(['fails', 'was ended by SIGTRAP (Check failed: a != b)'] as const),
  ],
  [
    'throws',
    "throw new RangeError('no room')",
    ...(['fails', 'ended with exit code 1 (RangeError: no room)'] as const),
  ],
  ['ends early', 'process.exit(3)', 'fails', 'ended with exit code 3'],
  ['computes something else', 'console.log(2 ** 0.5)', 'fails', 'computed wrong results'],
  [
    'does not know the flag',
    "console.error('Error: unrecognized flag --flag\\nTry --help for options')",
    ...(['fails', 'said "Error: unrecognized flag --flag"'] as const),
  ],
  ['is killed', kill('SIGKILL'), 'unclear', 'was ended by SIGKILL'],
  ['is interrupted', kill('SIGINT'), 'unclear', 'was ended by SIGINT'],
  [
    'gets no memory',
    `console.error('# Fatal process out of memory: Zone'); ${kill('SIGTRAP')}`,
    ...(['unclear', 'was ended by SIGTRAP'] as const),
  ],
] as const)('tells what a process did that %s', async (_, source, result, why) => {
  expect(await outcome(source)).toEqual({ result, why });
});

it('leaves nothing of a crash where the user is', async () => {
  const told = await outcome(`console.error('Error: ' + process.cwd()); process.exit(1)`);
  expect(told).not.toHaveProperty('why', expect.stringContaining(process.cwd()));
  expect(existsSync('core')).toBe(false);
});
