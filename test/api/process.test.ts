import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { buildFolder } from '../../src/paths.js';
import { alive, until } from '../e2e/processes.js';
import { testFolder, writeFiles } from '../store/folder.js';

/** A program in a text, as `node --eval` takes it. */
function program(body: string): readonly string[] {
  const index = pathToFileURL(join(buildFolder, 'index.js')).href;
  return ['--input-type=module', '--eval', `import { loadPipeline, run } from ${JSON.stringify(index)};\n${body}`];
}

it('a program ends when its run has, whatever flags it was started with', () => {
  const copy = `name: p\nstages: { copy: { run: 'cp \${{ inputs.a }} \${{ outputs.b }}', inputs: { a: { file: a.bin } }, outputs: { b: b.bin } } }\n`;
  const folder = writeFiles(testFolder(), { 'package.json': '{}', 'p.yaml': copy });
  // Enough for it to be read by a thread.
  writeFileSync(join(folder, 'a.bin'), Buffer.alloc(2 ** 24));
  const words = program(`console.log((await run(await loadPipeline('p.yaml'))).state);`);
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' });
  expect([status, stdout, stderr]).toEqual([0, 'done\n', '']);
});

it.skipIf(process.platform === 'win32')('a program that is killed takes its tasks with it', async () => {
  const files = { 'package.json': '{}', 'p.yaml': `name: p\nstages: { slow: { run: 'echo $$ > pid; sleep 600' } }\n` };
  const folder = writeFiles(testFolder(), files);
  const child = spawn(process.execPath, program(`await run(await loadPipeline('p.yaml'));`), { cwd: folder });
  const pid = () => Number(readFileSync(join(folder, 'pid'), { encoding: 'utf8', flag: 'a+' }));
  await until(() => pid() > 0, 'the task runs');
  child.kill('SIGKILL');
  await until(() => !alive(pid()), 'the task ends');
});
