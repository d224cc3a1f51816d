/** What reads the script of a string command. */
export type Shell = 'sh' | 'bash';

/** How a value gets where it stands in a script, so that the program receives exactly that value. */
export type Slot =
  /** A word, or part of one. */
  | { readonly kind: 'word' }
  /** Inside "double quotes". */
  | { readonly kind: 'quoted' }
  /** In the lines of `<<EOF`. */
  | { readonly kind: 'text' }
  /** In `$(( ))`: the shell computes with it. */
  | { readonly kind: 'number' }
  /** In a comment: it is left out. */
  | { readonly kind: 'nothing' }
  /** Where the shell would change it, or where it can't be told what the shell would do. */
  | { readonly kind: 'refused'; readonly where: string; readonly hint: string };

/** A script with places for values: one text more than there are places. */
export interface ReadScript {
  readonly texts: readonly string[];
  readonly slots: readonly Slot[];
}

/** What stands for a value while a script is read: no script can hold it. */
export const hole = '\0';

export const refused = {
  single: {
    where: "inside 'single quotes', where the shell puts in no values",
    hint: 'end the quotes before it, or use "double quotes"',
  },
  backslash: {
    where: 'behind a backslash',
    hint: 'remove the backslash: every expression is quoted for the shell',
  },
  parameter: { where: 'inside ${ }', hint: 'give it to a variable first: name=${{ … }}' },
  end: { where: 'where the name of a text of several lines ends it', hint: 'write a plain word, such as <<EOF' },
  backticks: { where: 'in backticks inside quotes', hint: 'write $( ) instead of the backticks' },
  lost: {
    where: 'where it is not clear in which quotes it stands',
    hint: 'give it to a variable in the first line: name=${{ … }}',
  },
} as const;
