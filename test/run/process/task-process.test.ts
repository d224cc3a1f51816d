import { fork } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildFolder } from '../../../src/paths.js';
import type { FromStage, StageCall, ToStage } from '../../../src/run/process/stage-messages.js';
import type { TaskKey } from '../../../src/store/types.js';
import { testFolder, writeFiles } from '../../store/folder.js';

/** All that the process of a stage of the user's says. @param run its body */
async function saidBy(run: string): Promise<readonly FromStage[]> {
  const folder = testFolder();
  const rest = "name: 'mine', summary: 'Mine', parameters: { type: 'object', properties: {} }, inputs: {}, outputs: {}";
  writeFiles(folder, { 'stage.mjs': `export default { ${rest}, async run({ log, warn, progress }) { ${run} } };\n` });
  const call: StageCall = {
    ...{ artifacts: join(folder, 'artifacts'), key: '0'.repeat(64) as TaskKey, pipelineFolder: folder, folder },
    ...{ uses: './stage.mjs', module: join(folder, 'stage.mjs'), parameters: {}, inputs: {}, outputs: {}, threads: 1 },
  };
  const child = fork(join(buildFolder, 'task.js'), {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    execArgv: [],
    detached: true,
  });
  const said: FromStage[] = [];
  child.on('message', (message: FromStage) => said.push(message));
  child.send({ type: 'call', call } satisfies ToStage);
  await new Promise((resolve) => {
    child.on('close', resolve);
  });
  return said;
}

describe('the process of a stage', () => {
  it('tells all that goes on in its order, in few messages', async () => {
    const count = 5000;
    const said = await saidBy(`
      for (let i = 0; i < ${count}; i++) {
        log(i);
        warn(i);
        progress({ done: 1, total: 1, unit: 'steps', phase: String(i) });
      }`);
    const news = said.flatMap((message) => (message.type === 'news' ? message.news : []));
    expect(news).toHaveLength(3 * count);
    expect(news.slice(-3)).toEqual([
      { type: 'log', line: '4999' },
      { type: 'warning', line: '4999' },
      { type: 'progress', progress: { done: 1, total: 1, unit: 'steps', phase: '4999' } },
    ]);
    expect(said.length).toBeLessThan(count / 10);
    expect(said.at(-1)).toEqual({ type: 'done', metrics: {} });
  });

  it.each([
    ["Object.assign(new Error(), { message: { reason: 'none' } })", "The stage crashed: { reason: 'none' }"],
    ['Object.assign(new Error(), { message: undefined })', 'The stage crashed: undefined'],
    ['Object.create(null)', 'The stage crashed: [Object: null prototype] {}'],
  ])('tells of anything that is thrown: %s', async (thrown, message) => {
    expect(await saidBy(`throw ${thrown};`)).toEqual([
      { type: 'failed', failure: { code: 'E_STAGE_CRASHED', message, hint: 'The log has the stack trace.' } },
    ]);
  });

  it('bounds what a stage says of its failure', async () => {
    const mark = "[Symbol.for('spikeline.UserError')]: true, code: 'E_MINE'";
    const long = `'x'.repeat(5000)`;
    const text = `${'x'.repeat(4000)}… (5000 characters)`;
    expect(await saidBy(`throw { ${mark}, message: ${long}, hint: ${long} };`)).toEqual([
      { type: 'failed', failure: { code: 'E_MINE', message: text, hint: text } },
    ]);
  });
});
