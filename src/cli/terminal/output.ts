// Standard output and standard error: all that the command line writes goes through here. Nobody may read it, the disk
// that takes it may be full, and the terminal may be gone: none of it stops what the command does.
import { closeSync, fstatSync, statSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';
import { isatty } from 'node:tty';
import { fittedLines } from '../../text/fitted-lines.js';
import { printable } from '../../text/printable.js';

/** One of the two. */
export class Output {
  #error: NodeJS.ErrnoException | undefined;
  /** Files are written here: Node would not notice that the disk took a part only. */
  readonly #isFile: boolean;

  constructor(readonly stream: NodeJS.WriteStream & { readonly fd: number }) {
    this.#isFile = isFile(stream);
    stream.on('error', (error: NodeJS.ErrnoException) => this.#fail(error));
  }

  get isOpen(): boolean {
    return this.#error === undefined;
  }

  /** Why it takes nothing any more, if that is worth telling: that nobody reads on is not. */
  get trouble(): string | undefined {
    if (this.#error === undefined || this.#error.code === 'EPIPE' || this.stream.isTTY) return undefined;
    return /: (.*?),/.exec(this.#error.message)?.[1] ?? this.#error.message;
  }

  write(text: string | Uint8Array): void {
    if (this.#error !== undefined) return;
    try {
      if (this.#isFile) writeWhole(this.stream.fd, text);
      else this.stream.write(text);
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException);
    }
  }

  /** Resolves when all that was written is out, or lost. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#error !== undefined || this.#isFile) resolve();
      else this.stream.write('', () => resolve());
    });
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#error ??= error;
  }
}

function isFile({ fd, isTTY }: Output['stream']): boolean {
  if (isTTY) return false;
  try {
    const stats = fstatSync(fd);
    return stats.isFile() || stats.isCharacterDevice();
  } catch {
    return false;
  }
}

function writeWhole(file: number, text: string | Uint8Array): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/** False of what is no terminal for sure: to ask for one, Node's module for terminals has to be loaded, and that for networks. */
function isDevice(file: number): boolean {
  try {
    const stats = fstatSync(file);
    return stats.isCharacterDevice() && stats.rdev !== statSync(devNull).rdev;
  } catch {
    return false;
  }
}

let outputs: { readonly out: Output; readonly err: Output } | undefined;
/** Standard input, output and error, as far as they are terminals. */
let terminals: readonly number[] = [];

function open() {
  outputs ??= { out: new Output(process.stdout), err: new Output(process.stderr) };
  return outputs;
}

const withEnd = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);

/** A terminal that can move its cursor, with somebody before it. */
export function isTerminal(): boolean {
  return process.stdout.isTTY === true && process.env.CI === undefined && process.env.TERM !== 'dumb';
}

/** How many characters a line of the terminal has that standard output, or another stream, goes to; undefined where it goes elsewhere. */
export function terminalWidth(stream: NodeJS.WriteStream = process.stdout): number | undefined {
  const { isTTY, columns } = stream;
  return isTTY === true && columns > 0 ? columns : undefined;
}

/** True in a step of a GitHub workflow. */
export function inGitHub(): boolean {
  return process.env.GITHUB_ACTIONS === 'true';
}

/** A text that says what it says, and tells neither a terminal nor a CI system what to do. */
function harmless(text: string): string {
  const shown = printable(text);
  return inGitHub() ? shown.replace(/^([ \t]*)::/gm, '$1: :').replaceAll('##[', '# #[') : shown;
}

/** Writes text to standard output. What a terminal would obey is made visible. */
export const print = (text: string): void => open().out.write(withEnd(harmless(text)));
/** Writes sentences: on a terminal they are broken between words, but calls to copy are not. */
export const printText = (text: string, indent = 0): void => print(fittedLines(text, terminalWidth(), indent));
/** The same as `print` on standard error. */
export const printError = (text: string): void => open().err.write(withEnd(harmless(text)));
/** The same as `printText` on standard error. */
export const printErrorText = (text: string, indent = 0): void =>
  printError(fittedLines(text, terminalWidth(process.stderr), indent));
/** Writes colours and commands of our own, in a text in which all else is printable; or bytes as they were asked for. */
export const printOwn = (text: string | Uint8Array): void =>
  open().out.write(typeof text === 'string' ? withEnd(text) : text);

/** Remembers trouble with either stream, which would else end the program. */
export function openOutput(): void {
  open();
  terminals = [0, 1, 2].filter((file) => isDevice(file) && isatty(file));
}

/** Resolves when what was written is out. False if nobody takes more. */
export async function outputTaken(): Promise<boolean> {
  const { out } = open();
  await out.flush();
  return out.isOpen;
}

/** Resolves when all is out that can be. Returns why standard output did not take all, if that is worth telling. */
export async function closeOutput(): Promise<string | undefined> {
  const { out, err } = open();
  await out.flush();
  const { trouble } = out;
  if (trouble !== undefined) err.write(`Standard output can't be written: ${printable(trouble)}.\n`);
  await err.flush();
  // Node ends by SIGABRT where it finds, at its exit, that it can't put a terminal back as it was.
  for (const file of terminals) if (!isatty(file)) closeSync(file);
  return trouble;
}
