import { loadDescribed, pipelineError } from '../../api/opening/pipeline.js';
import { UserError } from '../../error.js';
import { absentFileWarnings } from '../../pipeline/expand/absent.js';
import type { Task } from '../../pipeline/expand/task.js';
import { undeclaredFiles } from '../../pipeline/expand/undeclared.js';
import { formatDiagnostics, placedDiagnostics } from '../../pipeline/text/format.js';
import { undeclaredNotes } from '../../results/repetitions.js';
import { countOf } from '../../run/views/text.js';
import { jsonText } from '../../text/printable.js';
import { annotateDiagnostics } from '../ci/github.js';
import { firstFew } from '../explain/reasons.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { inGitHub, print, printError } from '../terminal/output.js';

const stageOf = ({ stage }: Task): string => stage;

/** `validate`: checks files and runs nothing. */
export async function validateCommand(files: readonly string[], options: { readonly json?: boolean }): Promise<number> {
  if (files.length === 0) throw new UserError('E_USAGE', 'Which files?', 'name one or more pipeline files');
  let wrong = false;
  const all: unknown[] = [];
  for (const file of files) {
    const { pipeline, diagnostics: found, textOf } = await loadDescribed(file);
    const diagnostics =
      pipeline === undefined
        ? found
        : [...found, ...undeclaredFiles(pipeline, pipeline.tasks), ...absentFileWarnings(pipeline)];
    wrong ||= pipeline === undefined;
    const placed = placedDiagnostics(diagnostics, textOf);
    if (options.json === true) {
      all.push(...placed);
      continue;
    }
    if (inGitHub()) annotateDiagnostics(placed);
    if (pipeline === undefined) {
      printError(pipelineError(diagnostics, file, textOf).message);
      continue;
    }
    if (diagnostics.length > 0) printError(formatDiagnostics(diagnostics, textOf));
    const verdict = diagnostics.length === 0 ? 'no mistakes' : countOf(diagnostics.length, 'warning');
    print(
      `${file}: ${countOf(pipeline.stages.length, 'stage')}, ${countOf(pipeline.tasks.length, 'task')}, ${verdict}`,
    );
    for (const note of undeclaredNotes(pipeline.tasks)) print(`  ${note}`);
    const silent = new Set(pipeline.tasks.filter(({ outputs }) => Object.keys(outputs).length === 0).map(stageOf));
    if (silent.size > 0)
      print(
        `  without outputs: ${firstFew([...silent])}. Such a stage runs once, and again when its command, parameters or inputs change;\n` +
          '  to keep what it makes, declare it: outputs: { result: result.txt }, written to ${{ outputs.result }}',
      );
  }
  if (options.json === true) print(jsonText(all, 2));
  return wrong ? exitCodes.usage : exitCodes.done;
}
