import { engineNamed } from '../../engine/engines.js';
import { createLimit } from '../../files/limit.js';
import type { LoadOptions } from '../../pipeline/assemble.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import { type Loaded, loadPipeline } from '../../pipeline/load.js';
import type { Diagnostic } from '../../pipeline/text/diagnostic.js';
import { formatDiagnostics, placedDiagnostics, type TextOf } from '../../pipeline/text/format.js';
import type { ParsedFile } from '../../pipeline/text/places.js';
import { answersArrived, describeStage } from '../../stage/describe.js';
import { engineFingerprint, parserFingerprint } from '../../stage/fingerprint.js';
import { StoredParsedFiles } from '../../store/parsed-files.js';
import { readEngine, withEngine } from './engine.js';
import type { PipelineOptions } from './options.js';
import { PipelineError } from './pipeline-error.js';
import { artifactsFolder, pipelineFile } from './project.js';

/** The error of a file that has mistakes. */
export function pipelineError(found: readonly Diagnostic[], file: string, textOf: TextOf): PipelineError {
  const count = `${found.length} ${found.length === 1 ? 'error' : 'errors'} in ${file}`;
  return new PipelineError(`${formatDiagnostics(found, textOf)}\n${count}`, placedDiagnostics(found, textOf));
}

/**
 * Loads a pipeline in the form that the options choose.
 *
 * @throws PipelineError with all mistakes of its file at once
 */
export async function openPipelineFile(file: string, options: PipelineOptions): Promise<Pipeline> {
  const name = pipelineFile(file);
  const { set, profile } = options;
  const engine = readEngine(options.engine);
  const parser = parserFingerprint();
  const { pipeline, diagnostics, textOf } = await loadDescribed(name, {
    ...(parser === undefined
      ? {}
      : { parsed: new StoredParsedFiles<ParsedFile>(artifactsFolder(options.artifacts, name), parser) }),
    ...(set === undefined ? {} : { set }),
    ...(profile === undefined ? {} : { profile }),
  });
  if (pipeline === undefined) throw pipelineError(diagnostics, name, textOf);
  if (engine === undefined) return pipeline;
  const { pipeline: computed, mistakes } = await withEngine(pipeline, engine);
  if (mistakes.length > 0) throw pipelineError(mistakes, name, textOf);
  // Where its library is missing, that is said before anything else is.
  if (!computed.tasks.some(({ resources }) => resources.device !== undefined))
    await engineFingerprint(engineNamed(engine));
  return computed;
}

/** One at a time: what is asked of the checks of stages is not told apart by who waits for it. */
const loading = createLimit(1);

/** Loads a pipeline without running any code of its stages in this process. */
export function loadDescribed(file: string, options: Omit<LoadOptions, 'resolveStage'> = {}): Promise<Loaded> {
  return loading(async () => {
    for (;;) {
      const loaded = await loadPipeline(file, { ...options, resolveStage: describeStage });
      if (!(await answersArrived())) return loaded;
    }
  });
}
