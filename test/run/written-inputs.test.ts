import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CommandPart, Task } from '../../src/pipeline/expand/task.js';
import { LocalExecutor } from '../../src/run/local/executor.js';
import { Store } from '../../src/store/store.js';
import { listFiles, testFolder } from '../store/folder.js';
import { command, file, from, pipelineOf } from './examples.js';

let folder: string;
let store: Store;
beforeEach(() => {
  folder = testFolder();
  store = Store.open(join(folder, 'artifacts'));
});

/** `sh` in which `$i` is the path of the input, `$o` of the output. */
const shell = (text: string, input = false): Task['action'] => {
  const script: CommandPart[] = [{ text: 'o=' }, { output: 'result' }, { text: '\n' }];
  if (input) script.push({ text: 'i=' }, { input: 'in' }, { text: '\n' });
  return { kind: 'shell', shell: 'sh', script: [...script, { text }] };
};
const reader = (id: string, text: string, input = from('maker')) =>
  command(id, { action: shell(text, true), inputs: { in: input } });
const maker = command('maker', { action: shell('echo good > $o') });
/** The owner may write what is read-only, if it says so; root may at once. */
const write = 'chmod u+w $i; echo evil >> $i; ';

/** Runs tasks side by side; returns each one's end, and what it was told if it failed. */
async function run(...tasks: readonly Task[]): Promise<Record<string, string>> {
  const ends: Record<string, string> = {};
  const pipeline = pipelineOf(folder, tasks);
  await new LocalExecutor(pipeline, store, {
    ...{ tasks, force: new Set(), keepGoing: true, jobs: 4 },
    emit: (event) => {
      if (event.event === 'task') ends[event.task] = event.failure?.message ?? event.status;
    },
  }).start();
  return ends;
}
const result = (task: string) => readFileSync(join(folder, `artifacts/example/${task}/result.txt`), 'utf8');
const written = 'The task changed its input "in", which belongs to the store and to all that read it.';

describe('a task that writes into its input', () => {
  it('fails and is named; who read it meanwhile is computed again from what it was', async () => {
    // The first time it reads what the other wrote; once it has a copy of its own, it gives up waiting.
    const honest = reader(
      'honest',
      'n=0; while ! grep -q evil $i && [ $n -lt 100 ]; do sleep 0.02; n=$((n+1)); done; cat $i > $o',
    );
    const writer = reader('writer', `${write} echo done > $o`);
    expect(await run(maker, honest, writer)).toEqual({ maker: 'ran', honest: 'ran', writer: written });
    expect([result('maker'), result('honest')]).toEqual(['good\n', 'good\n']);
    expect(await run(maker, honest)).toEqual({ maker: 'cached', honest: 'cached' });
  });

  it('is named when it fails for another reason, too', async () => {
    expect(await run(maker, reader('writer', `${write} exit 3`))).toEqual({ maker: 'ran', writer: written });
    expect(await run(maker)).toEqual({ maker: 'cached' });
    expect(result('maker')).toBe('good\n');
  });

  it('is named whether the input is a file of the user’s, or lies in a folder', async () => {
    writeFileSync(join(folder, 'mine.txt'), 'mine\n');
    mkdirSync(join(folder, 'data/sub'), { recursive: true });
    writeFileSync(join(folder, 'data/sub/x.txt'), 'deep\n');
    const mine = file(join(folder, 'mine.txt'));
    const deep = reader('deep', `i=$i/sub/x.txt; ${write} cp $i $o`, file(join(folder, 'data')));
    const ends = await run(reader('writer', `${write} cp $i $o`, mine), deep, reader('other', 'cp $i $o', mine));
    expect(ends).toEqual({ writer: written, deep: written, other: 'ran' });
    expect(readFileSync(join(folder, 'mine.txt'), 'utf8')).toBe('mine\n');
    expect(readFileSync(join(folder, 'data/sub/x.txt'), 'utf8')).toBe('deep\n');
    expect(result('other')).toBe('mine\n');
  });

  it('is named where the input is a copy, because it is executable', async () => {
    const tool = command('tool', { action: shell('echo good > $o; chmod +x $o') });
    const honest = reader('honest', 'cat $i > $o', from('tool'));
    const ends = await run(tool, reader('writer', `${write} cp $i $o`, from('tool')), honest);
    expect(ends).toEqual({ tool: 'ran', writer: written, honest: 'ran' });
    expect([result('tool'), result('honest')]).toEqual(['good\n', 'good\n']);
  });

  it('is named when it makes it executable, and others read it as it was', async () => {
    const honest = reader(
      'honest',
      'n=0; while ! [ -x $i ] && [ $n -lt 100 ]; do sleep 0.02; n=$((n+1)); done; [ -x $i ] && echo can > $o || echo no > $o',
    );
    const ends = await run(maker, honest, reader('changer', 'chmod +x $i; echo done > $o; sleep 0.5'));
    expect(ends).toEqual({ maker: 'ran', honest: 'ran', changer: written });
    expect(result('honest')).toBe('no\n');
    expect(await run(maker, honest)).toEqual({ maker: 'cached', honest: 'cached' });
  });

  it.each(['u+w', '000'])('may change what its owner may do with it (%s): others find it as it was', async (mode) => {
    const changer = reader('changer', `cp $i $o; chmod ${mode} $i`);
    expect(await run(maker, changer)).toEqual({ maker: 'ran', changer: 'ran' });
    expect(await run(maker, reader('other', 'ls -lL $i | cut -c1-10 > $o'))).toEqual({ maker: 'cached', other: 'ran' });
    expect(result('other')).toBe('-r--r--r--\n');
  });

  it('may remove it from its own folder, and put others beside it', async () => {
    const removes = reader('removes', 'cp $i $o; rm $i; echo x > $i.new');
    expect(await run(maker, removes, reader('other', 'cp $i $o'))).toEqual({
      ...{ maker: 'ran', removes: 'ran', other: 'ran' },
    });
  });
});

describe('a result that is executable in the store though it is not', () => {
  it('is so no more for the next task', async () => {
    await run(maker);
    for (const blob of listFiles(join(folder, 'artifacts/store/blobs')))
      chmodSync(join(folder, 'artifacts/store/blobs', blob), 0o755);
    expect(await run(maker, reader('other', '[ ! -x $i ]; cp $i $o'))).toEqual({ maker: 'cached', other: 'ran' });
  });
});

describe('a result that is damaged in the store', () => {
  it('is made again by the run that meets it', async () => {
    await run(maker);
    // Between a task and the next one of the same run.
    const breaker = command('breaker', {
      action: shell(
        `for f in ${join(folder, 'artifacts/store/blobs')}/*/*; do chmod u+w $f; echo evil > $f; done; echo > $o`,
      ),
    });
    const after = command('after', {
      action: shell('cat $i > $o', true),
      inputs: { in: from('maker'), order: from('breaker') },
    });
    expect(await run(maker, breaker, after)).toMatchObject({ breaker: 'ran', after: 'ran' });
    expect(result('after')).toBe('good\n');
  });
});
