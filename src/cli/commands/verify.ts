import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PipelineOptions } from '../../api/opening/options.js';
import { chooseTasks } from '../../api/opening/tasks.js';
import { removeFolder } from '../../files/remove.js';
import type { RunEvent } from '../../run/events.js';
import { Verification } from '../../run/local/verify.js';
import { PlainView } from '../../run/views/plain.js';
import { duration, tailLines } from '../../run/views/text.js';
import { Store } from '../../store/store.js';
import { openPipeline } from '../opening/pipeline.js';
import { openResults } from '../opening/results.js';
import { checkReporter, openView, shownBy } from '../opening/view.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print } from '../terminal/output.js';
import { interruptedCode, listenForSignals } from '../terminal/signals.js';

export interface VerifyOptions extends PipelineOptions {
  readonly reporter?: string;
}

/** `verify`: computes results again, apart from the store, and compares them. Exit code 1 where they differ. */
export async function verifyCommand(file: string, targets: readonly string[], options: VerifyOptions): Promise<number> {
  const reporter = checkReporter(options.reporter);
  const pipeline = await openPipeline(file, options);
  const { chosen, all } = chooseTasks(pipeline, targets);
  const store = openResults(options, pipeline);
  const inUse = await store.beginRun();
  // Inside the store, so that it is on its file system, and removed even if this process is killed; one that may only be
  // read can be verified, too.
  const work = store.isWritable ? await store.workFolder() : mkdtempSync(join(tmpdir(), 'spikeline-verify-'));
  try {
    const view = await openView(reporter);
    const failures: Extract<RunEvent, { event: 'task' }>[] = [];
    const started = performance.now();
    const verification = new Verification(
      pipeline,
      Store.open(store.folder, { notes: join(work, 'notes') }),
      Store.open(join(work, 'artifacts')),
      {
        chosen,
        all,
        emit: (event) => {
          if (event.event === 'task' && event.status === 'failed') failures.push(event);
          view.handle(event);
        },
      },
    );
    listenForSignals(verification);
    const { same, failed, interrupted } = await shownBy(view, verification.start());
    if (reporter !== 'json') {
      for (const { task, failure } of failures) {
        print(`\n${task} [${failure!.code}]\n  ${failure!.message}`);
        if (!(view instanceof PlainView)) for (const line of tailLines(failure!, '  ')) print(line);
        if (failure!.hint !== undefined) print(`  hint: ${failure!.hint}`);
      }
      const time = duration((performance.now() - started) / 1e3);
      const end = interrupted ? ' (interrupted)' : '';
      print(`\n${pipeline.name}: ${same} of ${chosen.length} came out the same, byte for byte, in ${time}${end}`);
    }
    if (interrupted) return interruptedCode();
    return failed > 0 ? exitCodes.failed : exitCodes.done;
  } finally {
    removeFolder(work);
    await inUse.release();
  }
}
