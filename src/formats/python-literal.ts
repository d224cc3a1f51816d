/** What NumPy's headers are written in: a part of Python's literals. */
export type Literal =
  | null
  | boolean
  | number
  | string
  | readonly Literal[]
  | ListLiteral
  | ReadonlyMap<string, Literal>;

/** A list, which is no tuple: that has an array. */
export class ListLiteral {
  constructor(readonly items: readonly Literal[]) {}
}

/** Deeper than any header: brackets in brackets must not fill the stack. */
const maximumDepth = 32;

/**
 * Reads a literal of Python: numbers that are whole and exact, texts, True, False, None, tuples, lists and dictionaries
 * with texts as keys, of which the last of a name counts. Everything else is refused, whether Python knows it or not.
 * @returns undefined where it is none of these, or more than one
 */
export function readLiteral(text: string): Literal | undefined {
  const reader = new LiteralReader(text);
  try {
    return reader.whole();
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

class NoLiteral extends Error {}

const tokens = {
  space: /[ \t\f\n]*/y,
  // Python 2 wrote an L behind long integers.
  number: /-?(?:0+|[1-9]\d*)L?(?![\w.])/y,
  // Escapes have no place in the names of types and keys.
  text: /'([^'\\\n]*)'|"([^"\\\n]*)"/y,
  word: /(?:True|False|None)\b/y,
};
const words = { True: true, False: false, None: null } as const;

class LiteralReader {
  private position = 0;
  private depth = 0;

  constructor(private readonly source: string) {}

  whole(): Literal {
    const value = this.value();
    if (this.position < this.source.length) throw new NoLiteral();
    return value;
  }

  private value(): Literal {
    if (++this.depth > maximumDepth) throw new NoLiteral();
    const value = this.next();
    this.depth--;
    return value;
  }

  private next(): Literal {
    this.match(tokens.space);
    const text = this.match(tokens.text);
    if (text) return this.skipped(text[1] ?? text[2]!);
    const number = this.match(tokens.number);
    if (number) {
      const value = Number(number[0].replace('L', ''));
      if (!Number.isSafeInteger(value)) throw new NoLiteral();
      return this.skipped(value === 0 ? 0 : value);
    }
    const word = this.match(tokens.word);
    if (word) return this.skipped(words[word[0] as keyof typeof words]);
    if (this.takes('{')) return this.dictionary();
    if (this.takes('[')) return new ListLiteral(this.items(']').values);
    if (!this.takes('(')) throw new NoLiteral();
    const { values, comma } = this.items(')');
    // One value in brackets is the value itself.
    return values.length === 1 && !comma ? values[0]! : values;
  }

  private items(end: string): { values: Literal[]; comma: boolean } {
    const values: Literal[] = [];
    let comma = false;
    while (!this.takes(end)) {
      if (values.length > 0 && !comma) throw new NoLiteral();
      values.push(this.value());
      comma = this.takes(',');
    }
    return { values, comma };
  }

  private dictionary(): ReadonlyMap<string, Literal> {
    const entries = new Map<string, Literal>();
    let comma = true;
    while (!this.takes('}')) {
      const key = comma ? this.value() : undefined;
      if (typeof key !== 'string' || !this.takes(':')) throw new NoLiteral();
      entries.set(key, this.value());
      comma = this.takes(',');
    }
    return entries;
  }

  /** True if it is the next character, which is then passed, with the space behind it. */
  private takes(character: string): boolean {
    if (this.source[this.position] !== character) return false;
    this.position++;
    this.match(tokens.space);
    return true;
  }

  private skipped<T>(value: T): T {
    this.match(tokens.space);
    return value;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.source);
    if (found) this.position = pattern.lastIndex;
    return found;
  }
}
