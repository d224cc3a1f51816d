import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { chooseTask } from '../../api/opening/tasks.js';
import { StoreError, systemCode } from '../../files/error.js';
import { IrregularFile, openRegularFile } from '../../files/regular-file.js';
import { logText } from '../../text/printable.js';
import { openPipeline } from '../opening/pipeline.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { outputTaken, print, printOwn } from '../terminal/output.js';

export interface LogOptions extends PipelineOptions {
  readonly raw?: boolean;
}

/** `log`: what a task wrote when it last ran here, without what a terminal would obey; with `--raw` as it is. */
export async function logCommand(file: string, target: string, options: LogOptions): Promise<number> {
  const pipeline = await openPipeline(file, options);
  const task = chooseTask(pipeline, target);
  const path = openStore(options, pipeline).published(pipeline.name).logPath(task.id);
  try {
    if (!(await show(path, options.raw === true))) print(`${task.id} wrote nothing.`);
  } catch (error) {
    // Others may write to a store that is shared, and to the folders of logs.
    if (error instanceof IrregularFile)
      throw new StoreError(
        'E_STORE_FILE_TYPE',
        `The log of ${task.id} can't be read: ${error.message}: ${path}.`,
        'Remove it: the next run of the task writes a new one.',
      );
    if (systemCode(error) !== 'ENOENT') throw error;
    print(`${task.id} has no log: it has not run here.`);
  }
  return exitCodes.done;
}

/** Shows a log piece by piece, however long it is, as far as somebody takes it. False if it is empty. */
async function show(path: string, raw: boolean): Promise<boolean> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let shown = false;
  for await (const bytes of createReadStream(path, { fd: openRegularFile(path).descriptor })) {
    shown = true;
    if (raw) printOwn(bytes as Buffer);
    else {
      // In whole lines, so that no sequence is cut; a line without end is shown in pieces.
      rest += decoder.write(bytes as Buffer);
      const end = rest.length > longestLine ? rest.length : rest.lastIndexOf('\n') + 1;
      if (end > 0) print(logText(rest.slice(0, end)));
      rest = rest.slice(end);
    }
    if (!(await outputTaken())) break;
  }
  if (rest !== '') print(logText(rest));
  return shown;
}

const longestLine = 2 ** 20;
