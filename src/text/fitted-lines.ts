import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/**
 * Lines of at most so many characters: longer ones go on below, broken between words and set in. Only what is longer than a
 * whole line is left for the terminal to break.
 *
 * @param width of the terminal; undefined for none, where lines are as long as they are
 * @param indent of what goes on below, beyond that of the line itself
 */
export function fittedLines(text: string, width: number | undefined, indent = 0): string {
  if (width === undefined) return text;
  return text
    .split('\n')
    .flatMap((line) => {
      if (stringWidth(line) <= width) return [line];
      const lead = /^ */.exec(line)![0];
      // On a very narrow terminal nothing is set in.
      const inset = lead.length + indent <= width / 3 ? ' '.repeat(lead.length + indent) : '';
      const [first, ...more] = wrapAnsi(line.trimStart(), width - lead.length).split('\n');
      const below = wrapAnsi(more.join(' '), width - inset.length).split('\n');
      return [lead + first!, ...(more.length === 0 ? [] : below.map((part) => inset + part))];
    })
    .join('\n');
}
