import { renderTable } from '../report/table.js';
import { callOf, exitCodes, openPipeline, openStore, type PipelineOptions, print, shownPath } from './context.js';
import { compareExpectations } from './expect.js';
import { currentMetrics } from './results.js';

/** `check`: results beside what the pipeline expects; exit code 1 where one is off or missing. */
export async function checkCommand(file: string | undefined, options: PipelineOptions): Promise<number> {
  const pipeline = await openPipeline(file, options);
  const verdicts = compareExpectations(pipeline, await currentMetrics(pipeline, openStore(options)));
  if (verdicts.length === 0) {
    print(`${shownPath(pipeline.file)} expects nothing: it has no \`expect:\`.`);
    return exitCodes.done;
  }
  const keys = ['verdict', 'task', 'metric', 'expected', 'got', 'difference', 'source'];
  print(
    renderTable(
      verdicts as unknown as Record<string, string>[],
      keys.map((key) => ({ key })),
      'text',
    ),
  );
  const met = verdicts.filter(({ verdict }) => verdict === 'met').length;
  print(`\n${met} of ${verdicts.length} met`);
  if (verdicts.some(({ verdict }) => verdict === 'missing'))
    print(`Results are missing or out of date: ${callOf('run', pipeline, options)}`);
  return met === verdicts.length ? exitCodes.done : exitCodes.failed;
}
