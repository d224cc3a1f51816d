import { parseTemplate } from './expressions.js';
import type { Reporter } from './reporter.js';
import type { PipelineFile } from './schema.js';
import { isMap } from './words.js';

/**
 * Warns of params and axes that nothing uses: most likely a name that is misspelt, or left over. Those of a file that is
 * built upon are no mistake of the one that builds on it.
 */
export function reportUnused({ params = {}, axes = {}, stages }: PipelineFile, reporter: Reporter): void {
  const used = namesIn(stages);
  const swept = new Set(Object.values(stages).flatMap(({ over = [] }) => over));
  const warn = (kind: 'params' | 'axes', name: string, message: string, hint: string) => {
    const at = { path: [kind, name], key: true };
    if (reporter.source.keyRange(at.path).file === reporter.source.file)
      reporter.warn('W_UNUSED', message, at, { hint });
  };
  for (const name of Object.keys(params))
    if (!used.has(`params.${name}`) && !used.has('params'))
      warn('params', name, `No stage uses the param "${name}"`, `use it as \${{ params.${name} }}, or remove it`);
  for (const name of Object.keys(axes))
    if (!swept.has(name))
      warn('axes', name, `No stage is swept over the axis "${name}"`, `name it in a stage's over:, or remove it`);
}

/** The first two names of each expression: `params.epochs`, and `params` where all of it is meant. */
function namesIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (item: unknown): void => {
    if (typeof item === 'string' && item.includes('${{')) {
      for (const part of parseTemplate(item))
        if ('expression' in part) found.add(part.expression.path.slice(0, 2).join('.'));
    } else if (Array.isArray(item)) item.forEach(walk);
    else if (isMap(item)) Object.values(item).forEach(walk);
  };
  walk(value);
  return found;
}
