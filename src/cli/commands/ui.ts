import type { PipelineOptions } from '../../api/opening/options.js';
import { openStore } from '../../api/opening/store.js';
import { Looking } from '../live/look.js';
import { openPage } from '../live/open.js';
import { openPipeline } from '../opening/pipeline.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { printError } from '../terminal/output.js';
import { listenForSignals } from '../terminal/signals.js';

/** `ui`: a page of what there is of a pipeline, which follows what other processes run. It runs nothing itself. */
export async function uiCommand(
  file: string | undefined,
  options: PipelineOptions & { readonly port?: string },
): Promise<number> {
  const pipeline = await openPipeline(file, options);
  const store = openStore(options, pipeline);
  const looking = new Looking(pipeline, options, () => openPipeline(pipeline.file, options));
  const page = await openPage(options.port, ({ ResultsPage, pipelineAddress }, port) =>
    ResultsPage.open(
      store,
      () => looking.look(),
      () => looking.stamp(store),
      port,
      pipelineAddress('results', { pipeline, store, options }),
    ),
  );
  printError('It shows what there is, and what other processes run. Ctrl-C ends it.');
  await new Promise<void>((interrupt) => listenForSignals({ interrupt }));
  await page.close();
  return exitCodes.done;
}
