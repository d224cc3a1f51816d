import { isMap } from '../../schema/words.js';
import type { Diagnostic } from '../text/diagnostic.js';
import type { Places } from '../text/places.js';
import { parseTemplate } from './expressions.js';
import type { PipelineFile } from './schema.js';

/**
 * Warnings of params and axes that nothing uses: most likely a name that is misspelt, or left over. Those of a file that
 * is built upon are no mistake of the one that builds on it.
 */
export function unusedNames({ params = {}, axes = {}, stages }: PipelineFile, places: Places): readonly Diagnostic[] {
  const used = namesIn(stages);
  const swept = new Set(Object.values(stages).flatMap(({ over = [] }) => over));
  const warn = (kind: 'params' | 'axes', name: string, message: string, hint: string): Diagnostic[] => {
    const range = places.keyRange([kind, name]);
    return range.file === places.file ? [{ severity: 'warning', code: 'W_UNUSED', message, range, hint }] : [];
  };
  return [
    ...Object.keys(axes)
      .filter((name) => !swept.has(name))
      .flatMap((name) =>
        warn('axes', name, `No stage is swept over the axis "${name}".`, "name it in a stage's over:, or remove it"),
      ),
    ...Object.keys(params)
      .filter((name) => !used.has(`params.${name}`) && !used.has('params'))
      .flatMap((name) =>
        warn('params', name, `No stage uses the param "${name}".`, `use it as \${{ params.${name} }}, or remove it`),
      ),
  ];
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
