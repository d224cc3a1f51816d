import { diagnosticsToJson, formatDiagnostics } from '../pipeline/format.js';
import { DiagnosticsError, exitCodes, print, printError } from './context.js';
import { UsageError } from './errors.js';
import { annotateDiagnostics } from './github.js';
import { loadDescribed } from './load-pipeline.js';
import { inGitHub } from './output.js';

/** `validate`: checks files and runs nothing. */
export async function validateCommand(files: readonly string[], options: { readonly json?: boolean }): Promise<number> {
  if (files.length === 0) throw new UsageError('Which files?', 'name one or more pipeline files');
  let wrong = false;
  const all: unknown[] = [];
  for (const file of files) {
    const { pipeline, diagnostics, textOf } = await loadDescribed(file);
    wrong ||= pipeline === undefined;
    if (options.json === true) {
      all.push(...diagnosticsToJson(diagnostics, textOf));
      continue;
    }
    if (inGitHub()) annotateDiagnostics(diagnostics, textOf);
    if (pipeline === undefined) {
      printError(new DiagnosticsError(diagnostics, file, textOf).message);
      continue;
    }
    if (diagnostics.length > 0) printError(formatDiagnostics(diagnostics, textOf));
    const found = diagnostics.length === 0 ? 'no mistakes' : `${diagnostics.length} to look at`;
    print(`${file}: ${pipeline.stages.length} stages, ${pipeline.tasks.length} tasks, ${found}`);
  }
  if (options.json === true) print(JSON.stringify(all, null, 2));
  return wrong ? exitCodes.usage : exitCodes.done;
}
