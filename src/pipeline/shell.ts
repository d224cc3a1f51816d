import { ScriptReader } from './shell-reader.js';
import { hole, type ReadScript, type Shell } from './shell-slots.js';

export type { Shell, Slot } from './shell-slots.js';

/** The texts between the values of a script: one more than there are values. */
export function scriptTexts(parts: readonly object[]): string[] {
  const texts = [''];
  for (const part of parts)
    if ('text' in part) texts[texts.length - 1] += String(part.text);
    else texts.push('');
  return texts;
}

/**
 * Reads a script as the shell will: where is each value, in quotes, a comment, the lines of a `<<EOF`, a `$( )`? Some of
 * the text is rewritten, so that a value can stand where the shell would put in none.
 */
export function readScript(texts: readonly string[], shell: Shell): ReadScript {
  return new ScriptReader(texts.map((text) => text.replaceAll(hole, '')).join(hole), shell).read();
}
