import { resolve } from 'node:path';
import { shownPath } from '../../api/opening/calls.js';
import type { PipelineOptions } from '../../api/opening/options.js';
import { UserError } from '../../error.js';
import { Planner } from '../../run/plan/planner.js';
import { quote } from '../../run/process/command.js';
import { countOf } from '../../run/views/text.js';
import { formatSize, knownUnits, parseSize } from '../../schema/size.js';
import type { TaskRecord } from '../../store/types.js';
import type { TaskId } from '../../values.js';
import { openPipeline } from '../opening/pipeline.js';
import { noResult, openResults } from '../opening/results.js';
import { type PublishedCrate, writeCrate } from '../publish/crate.js';
import { filesIn, publishFolder, sumsFile } from '../publish/folder.js';
import { revealingFiles } from '../publish/machine.js';
import { sourcesOf } from '../publish/sources.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print } from '../terminal/output.js';

export interface PublishOptions extends PipelineOptions {
  readonly maxSize?: string;
}

/** What is larger is mostly data that others publish, and is named by its content. */
const defaultSize = '10MB';

/** `publish`: a run as an RO-Crate, with all that reproduces it. */
export async function publishCommand(
  name: string,
  file: string | undefined,
  { maxSize = defaultSize, ...options }: PublishOptions,
): Promise<number> {
  const maxBytes = parseSize(maxSize);
  if (maxBytes === undefined)
    throw new UserError(
      'E_USAGE',
      `--max-size ${maxSize}: that is not a size.`,
      `such as 50MB; known units: ${knownUnits}`,
    );
  const pipeline = await openPipeline(file, options);
  const store = openResults(options, pipeline);
  const lock = await store.beginRun();
  try {
    const planner = new Planner(pipeline, store);
    const plans = await planner.plan();
    const records = new Map<TaskId, TaskRecord>();
    for (const [id, { result }] of plans) {
      const record = result === undefined ? undefined : await store.record(result.key);
      if (record !== undefined) records.set(id, record);
    }
    const open = pipeline.tasks.length - records.size;
    if (open > 0) {
      const have = `${countOf(open, 'task')} of ${pipeline.tasks.length} ${open === 1 ? 'has' : 'have'}`;
      throw noResult(`${have} no result, or one that is out of date.`, options, pipeline);
    }
    const sources = await sourcesOf(pipeline, planner, plans);
    let crate: PublishedCrate | undefined;
    let revealing: readonly string[] = [];
    await publishFolder(resolve(name), async (draft) => {
      crate = await writeCrate({ pipeline, store, options, records, sources, maxBytes }, draft);
      revealing = revealingFiles(draft, filesIn(draft));
    });
    print(summary(name, maxSize, crate!, revealing));
  } finally {
    await lock.release();
  }
  return exitCodes.done;
}

function summary(
  name: string,
  maxSize: string,
  { files, bytes, omitted, project }: PublishedCrate,
  revealing: readonly string[],
): string {
  const lines = [
    `Wrote ${shownPath(resolve(name))}: ${countOf(files, 'file')}, ${formatSize(bytes)}, as an RO-Crate (Workflow Run Crate 0.5).`,
  ];
  const shown = omitted
    .slice(0, mostShown)
    .map(({ name, content, why }) => `  ${name}${content ? `, ${formatSize(content.size)}` : ''}: ${why}`);
  const more = omitted.length > mostShown ? [`  and ${omitted.length - mostShown} more`] : [];
  if (omitted.length > 0)
    lines.push(`Named in its README.md, and not copied (--max-size ${maxSize}):`, ...shown, ...more);
  if (revealing.length > 0) {
    const others = revealing.length > mostShown ? ` and ${revealing.length - mostShown} more` : '';
    lines.push(`These name your home folder or this machine: ${revealing.slice(0, mostShown).join(', ')}${others}`);
  }
  if (project.licence === undefined)
    lines.push(
      'It names no licence: add `"license": "MIT"`, or another of SPDX, to package.json, or `license:` to CITATION.cff.',
    );
  if (project.authors.length === 0)
    lines.push('It names no authors: add them to CITATION.cff, or `author` to package.json.');
  lines.push(`Check it at any time: cd ${quote(name)} && sha256sum -c ${sumsFile}`);
  return lines.join('\n');
}

/** Of what is left out, or tells too much, this many are named. */
const mostShown = 5;
