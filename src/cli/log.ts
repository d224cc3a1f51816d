import { readFile } from 'node:fs/promises';
import { chooseTask, exitCodes, openPipeline, openStore, type PipelineOptions, print } from './context.js';

/** `log`: what a task wrote when it last ran here. */
export async function logCommand(file: string, target: string, options: PipelineOptions): Promise<number> {
  const pipeline = await openPipeline(file, options);
  const task = chooseTask(pipeline, target);
  const path = openStore(options).logPath(pipeline.name, task.id);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (text === undefined) print(`${task.id} has no log: it has not run here.`);
  else print(text === '' ? `${task.id} wrote nothing.` : text);
  return exitCodes.done;
}
