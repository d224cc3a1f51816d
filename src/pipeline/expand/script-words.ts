/** Quotes go together, whatever is in them; a backslash takes what follows. */
const word = String.raw`(?:"(?:[^"\\]|\\[\s\S])*"|'[^']*'|\\[\s\S]|[^\s<>;|&(){}${'`'}"'\\])+`;
/** Comments, what is written to, the ends of commands, and words. */
const parts = new RegExp(String.raw`(?<=^|\s)#.*$|>[>&|]*\s*(?:${word})?|([\n;|&(){}${'`'}]+)|(${word})`, 'gm');
const quotes = /"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|\\([\s\S])/g;

/** What comes before a program: `PYTHONPATH=lib python3 …`. */
const assignment = /^[A-Za-z_]\w*=/;
/** The folder that the command runs in. */
const workingFolder = /\$PWD\b|\$\{PWD\}|\$\(pwd\)|`pwd`/g;
const shell = /^(?:.*\/)?(?:ba|da|k|z)?sh$/;
/** A text in quotes may be a script that has quotes. */
const deepest = 3;

/**
 * Of each command of a script all words but a program's name and what it writes to; comments are left out, and quotes
 * taken off. A word that holds several, such as that of `sh -c "cat x"`, comes whole and in its parts.
 */
export function scriptWords(script: string): string[] {
  return wordsIn(script.replace(workingFolder, '.'), false, 0);
}

/** The same of a list. Its words are not read by a shell, unless they are handed to one. */
export function listWords(list: readonly string[]): string[] {
  const isShell = shell.test(list[0] ?? '');
  return list.flatMap((word, i) => {
    // A program without a slash is found by the PATH.
    if (i === 0) return word.includes('/') ? [word] : [];
    return isShell && /^-\w*c$/.test(list[i - 1]!) ? scriptWords(word) : [word];
  });
}

/** @param all true where no word is known to be a program's name */
function wordsIn(script: string, all: boolean, depth: number): string[] {
  const words: string[] = [];
  let isFirst = true;
  let program = '';
  for (const [, end, written] of script.matchAll(parts)) {
    if (end !== undefined) isFirst = true;
    if (written === undefined) continue;
    const isQuoted = /["'\\]/.test(written);
    const bare = isQuoted ? written.replace(quotes, '$1$2$3') : written;
    if (all || !isFirst || bare.includes('/') || assignment.test(bare)) words.push(bare);
    if (isQuoted && depth < deepest && /[\s<>;|&(){}`"']/.test(bare))
      words.push(...wordsIn(bare, !shell.test(program), depth + 1));
    if (isFirst) program = bare;
    isFirst &&= assignment.test(bare);
  }
  return words;
}
