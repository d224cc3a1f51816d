import { hole, type ReadScript, refused, type Shell, type Slot } from './shell-slots.js';

interface HereDocument {
  readonly name: string;
  readonly stripsTabs: boolean;
  readonly isQuoted: boolean;
  /** Which piece of the output is the name as it was written. */
  readonly piece: number;
}

/** What means itself wherever it stands, but for a name that ends the lines of a `<<`. */
const plain = /[\w./:@%+,-]+/y;
/** Nobody nests so deep. */
const maximumDepth = 100;

/** Reads a script once from its beginning to its end. */
export class ScriptReader {
  #at = 0;
  readonly #out: string[] = [];
  readonly #slots: Slot[] = [];
  /** Texts whose lines begin after the end of this line. */
  #pending: HereDocument[] = [];
  #backticks = 0;
  #depth = 0;
  /** From here on it can't be told any more how the shell reads. */
  #lost = false;

  constructor(
    readonly script: string,
    readonly shell: Shell,
  ) {}

  read(): ReadScript {
    while (this.#at < this.script.length) this.#command('');
    return { texts: this.#out.join('').split(hole), slots: this.#slots };
  }

  get #next(): string {
    return this.script[this.#at] ?? '';
  }

  #take(count = 1): void {
    this.#out.push(this.script.slice(this.#at, this.#at + count));
    this.#at += count;
  }

  /** Takes all that means itself up to what may not. False if there is none. */
  #plain(): boolean {
    plain.lastIndex = this.#at;
    const found = plain.test(this.script);
    if (found) this.#take(plain.lastIndex - this.#at);
    return found;
  }

  #slot(slot: Slot): void {
    this.#slots.push(this.#lost ? { kind: 'refused', ...refused.lost } : slot);
    this.#take();
  }

  #refuse(why: keyof typeof refused): void {
    this.#slot({ kind: 'refused', ...refused[why] });
  }

  /** One level deeper. What is too deep is not read at all. */
  #enter(): void {
    if (++this.#depth <= maximumDepth) return;
    this.#lost = true;
    while (this.#at < this.script.length)
      if (this.#next === hole) this.#refuse('lost');
      else this.#take();
  }

  /** Commands up to the end of what they stand in. */
  #command(end: '' | ')' | '`', inQuotes = false): void {
    this.#enter();
    const outer = this.#pending;
    this.#pending = [];
    let parentheses = 0;
    let isStart = true;
    while (this.#at < this.script.length) {
      const character = this.#next;
      if (character === end && (end === '`' || parentheses === 0)) {
        this.#take();
        break;
      }
      // In `$( )`, the ) of a pattern looks like its end.
      if (end === ')' && isStart && /^case\s/.test(this.script.slice(this.#at, this.#at + 5))) this.#lost = true;
      if (isStart && character === '#') {
        this.#comment(end);
        continue;
      }
      if (this.#plain()) {
        isStart = false;
        continue;
      }
      const before = isStart;
      // A line that goes on goes on as if nothing were between.
      if (!this.script.startsWith('\\\n', this.#at)) isStart = /[\s;&|()<>]/.test(character);
      if (character === hole) {
        if (end === '`' && inQuotes) this.#refuse('backticks');
        else this.#slot({ kind: 'word' });
      } else if (character === '\\') this.#backslash();
      else if (character === "'") this.#single();
      else if (character === '"') this.#double();
      else if (character === '$') this.#dollar(false);
      else if (character === '`') this.#inBackticks(false);
      else if (character === '\n') {
        this.#take();
        if (outer.length > 0) this.#lost = true;
        for (const document of this.#pending.splice(0)) this.#lines(document);
      } else if (character === '<' && this.script.startsWith('<<', this.#at)) this.#here();
      else if (character === '(') {
        const isArithmetic = this.shell === 'bash' && before && this.script.startsWith('((', this.#at);
        if (!isArithmetic || !this.#arithmetic(2)) {
          parentheses++;
          this.#take();
        }
      } else {
        if (character === ')') parentheses = Math.max(0, parentheses - 1);
        this.#take();
      }
    }
    this.#pending = outer;
    this.#depth--;
  }

  #comment(end: string): void {
    while (this.#at < this.script.length && this.#next !== '\n' && !(end === '`' && this.#next === '`'))
      if (this.#next === hole) this.#slot({ kind: 'nothing' });
      else this.#take();
  }

  #backslash(): void {
    // Backticks take off one backslash before the shell reads what is in them.
    if (this.#backticks > 0) this.#lost = true;
    this.#take();
    if (this.#next === hole) this.#refuse('backslash');
    else this.#take();
  }

  #single(): void {
    this.#take();
    while (this.#at < this.script.length && this.#next !== "'")
      if (this.#next === hole) this.#refuse('single');
      else {
        if (this.#next === '`' && this.#backticks > 0) this.#lost = true;
        this.#take();
      }
    this.#take();
  }

  /** `$'…'` */
  #escaped(): void {
    this.#take(2);
    while (this.#at < this.script.length && this.#next !== "'")
      if (this.#next === hole) this.#refuse('single');
      else if (this.#next === '\\') {
        // Some sh know this form, and for others a backslash says nothing here.
        if (this.script[this.#at + 1] === "'" && this.shell === 'sh') this.#lost = true;
        // With what is behind it, if that is no value.
        this.#take(this.script[this.#at + 1] === hole ? 1 : 2);
      } else this.#take();
    this.#take();
  }

  #double(): void {
    this.#take();
    while (this.#at < this.script.length && this.#next !== '"') this.#inside('quoted');
    this.#take();
  }

  /** One step inside double quotes, or what is read as they are. */
  #inside(kind: 'quoted' | 'text' | 'number'): void {
    const character = this.#next;
    if (character === hole) this.#slot({ kind });
    else if (character === '\\') this.#backslash();
    else if (character === '$') this.#dollar(true);
    else if (character === '`') this.#inBackticks(true);
    else if (!this.#plain()) this.#take();
  }

  #inBackticks(inQuotes: boolean): void {
    this.#take();
    // What looks like the end of the backticks in which these stand.
    if (this.#backticks > 0) this.#lost = true;
    this.#backticks++;
    this.#command('`', inQuotes);
    this.#backticks--;
  }

  #dollar(inQuotes: boolean): void {
    const [, second, third] = this.script.slice(this.#at, this.#at + 3);
    if (second === hole) {
      // A dollar sign of its own, which would become part of what is written for the value.
      this.#out.push('\\');
      this.#take();
    } else if (second === '(') {
      if (third === '(' && this.#arithmetic(3)) return;
      this.#take(2);
      this.#command(')');
    } else if (second === '{') this.#parameter(inQuotes);
    else if (second === "'" && !inQuotes) this.#escaped();
    else this.#take(second !== undefined && /[\w#?!*@$-]/.test(second) ? 2 : 1);
  }

  /** `${…}` */
  #parameter(inQuotes: boolean): void {
    this.#take(2);
    this.#enter();
    while (this.#at < this.script.length && this.#next !== '}') {
      if (this.#next === hole) this.#refuse('parameter');
      else if (this.#next === "'" && !inQuotes) this.#single();
      else if (this.#next === '"') this.#double();
      else {
        // Shells don't agree on a single quote here.
        if (this.#next === "'") this.#lost = true;
        this.#inside('quoted');
      }
    }
    this.#depth--;
    this.#take();
  }

  /** `$((…))`, or in bash `((…))`. False, with nothing read, if it is something else that begins with two parentheses. */
  #arithmetic(opening: number): boolean {
    const before = { at: this.#at, out: this.#out.length, slots: this.#slots.length, lost: this.#lost };
    this.#enter();
    this.#take(opening);
    let parentheses = 0;
    while (this.#at < this.script.length) {
      const character = this.#next;
      if (character === ')' && parentheses === 0) break;
      if (character === '(') parentheses++;
      if (character === ')') parentheses--;
      this.#inside('number');
    }
    this.#depth--;
    if (this.script.startsWith('))', this.#at)) {
      this.#take(2);
      return true;
    }
    this.#at = before.at;
    this.#out.length = before.out;
    this.#slots.length = before.slots;
    this.#lost = before.lost;
    return false;
  }

  /** `<<NAME`: its lines come after the end of this one. */
  #here(): void {
    if (this.script.startsWith('<<<', this.#at)) {
      this.#take(3);
      return;
    }
    this.#take(2);
    const stripsTabs = this.#next === '-';
    if (stripsTabs) this.#take();
    while (this.#next === ' ' || this.#next === '\t') this.#take();
    const [written] = /^(?:'[^'\n]*'|"[^"\n]*"|\\[^\n]|[^\s;&|<>()'"\\])*/.exec(this.script.slice(this.#at))!;
    if (written.includes(hole)) {
      for (const character of written)
        if (character === hole) this.#refuse('end');
        else this.#take();
      this.#lost = true;
      return;
    }
    const name = written.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, '$1$2$3');
    this.#take(written.length);
    this.#pending.push({ name, stripsTabs, isQuoted: name !== written, piece: this.#out.length - 1 });
  }

  #lines(document: HereDocument): void {
    const { name, isQuoted, piece } = document;
    const from = this.#out.length;
    const holesBefore = this.#slots.length;
    let isContinued = false;
    while (this.#at < this.script.length) {
      const end = this.script.indexOf('\n', this.#at);
      const line = this.script.slice(this.#at, end < 0 ? this.script.length : end);
      if (!isContinued && (document.stripsTabs ? line.replace(/^\t+/, '') : line) === name) {
        this.#take(line.length);
        break;
      }
      const lineEnd = end < 0 ? this.script.length : end + 1;
      isContinued = !isQuoted && /(?:^|[^\\])(?:\\\\)*\\$/.test(line);
      while (this.#at < lineEnd)
        if (!isQuoted) this.#inside('text');
        else if (this.#next === hole) {
          // Only a plain word means the same without its quotes.
          if (/^\w+$/.test(name)) this.#slot({ kind: 'text' });
          else this.#refuse('end');
        } else this.#take();
    }
    if (!isQuoted || this.#slots.length === holesBefore || !/^\w+$/.test(name)) return;
    // The shell puts no values into these lines: now it does, and all else in them stays as it is.
    this.#out[piece] = name;
    for (let i = from; i < this.#out.length; i++) this.#out[i] = this.#out[i]!.replace(/[\\$`]/g, '\\$&');
  }
}
