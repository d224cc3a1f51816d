import { ScriptReader } from './shell-reader.js';
import { hole, type ReadScript, type Shell, type Slot } from './shell-slots.js';

export type { Shell, Slot } from './shell-slots.js';

/** The texts between the values of a script: one more than there are values. */
export function scriptTexts(parts: readonly object[]): string[] {
  const texts = [''];
  for (const part of parts)
    if ('text' in part) texts[texts.length - 1] += String(part.text);
    else texts.push('');
  return texts;
}

/** Where no quotes, parentheses and the like are, each value is a word: most scripts need no reader. */
const simple = /^[\w\s./:@%+,=~?*!^[\]{}|;&>-]*$/;
const word: Slot = { kind: 'word' };

/**
 * Reads a script as the shell will: where is each value, in quotes, a comment, the lines of a `<<EOF`, a `$( )`? Some of
 * the text is rewritten, so that a value can stand where the shell would put in none.
 */
export function readScript(texts: readonly string[], shell: Shell): ReadScript {
  if (texts.every((text) => simple.test(text))) return { texts, slots: texts.slice(1).map(() => word) };
  return new ScriptReader(texts.map((text) => text.replaceAll(hole, '')).join(hole), shell).read();
}
