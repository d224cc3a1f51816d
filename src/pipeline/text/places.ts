import type { Path } from '../../values.js';
import type { SourceRange } from './diagnostic.js';

/** Tells where in a file things are. */
export interface Places {
  readonly file: string;
  /** Range of the value at a path, or of the nearest ancestor that exists. */
  range(path: Path): SourceRange;
  /** Range of the key at a path, or of the nearest key above it that exists. */
  keyRange(path: Path): SourceRange;
  /** Range of `text` inside the scalar at a path, or of the part of it from `start` to `end`. */
  partRange(path: Path, part: { readonly text: string; readonly start?: number; readonly end?: number }): SourceRange;
}

type Offsets = readonly [start: number, end: number];

/** What a pipeline file without mistakes says, with the places that are needed of it. All of it is JSON. */
export interface ParsedFile {
  readonly value: unknown;
  /** Of the names of stages. */
  readonly stages: Readonly<Record<string, Offsets>>;
  /** Of the lines of `expect:`. */
  readonly expect: readonly Offsets[];
}

/** Keeps what files said when they were last parsed. */
export interface ParsedFiles {
  get(text: string): ParsedFile | undefined;
  set(text: string, parsed: ParsedFile): void;
}

/** The places of a file that was parsed before. It knows those of stages and expectations alone. */
export class KnownPlaces implements Places {
  constructor(
    readonly file: string,
    readonly parsed: ParsedFile,
  ) {}

  range(path: Path): SourceRange {
    const [top, name] = path;
    const { stages, expect } = this.parsed;
    const offsets = top === 'stages' ? stages[name!] : top === 'expect' ? expect[name as number] : undefined;
    const [start, end] = offsets ?? [0, 0];
    return { file: this.file, start, end };
  }

  keyRange(path: Path): SourceRange {
    return this.range(path);
  }

  partRange(path: Path): SourceRange {
    return this.range(path);
  }
}

/** What to keep of a file, which must have passed all checks. */
export function parsedFile(value: unknown, places: Places): ParsedFile {
  const { stages = {}, expect = [] } = value as { stages?: object; expect?: readonly unknown[] };
  const offsets = ({ start, end }: SourceRange): Offsets => [start, end];
  return {
    value,
    stages: Object.fromEntries(Object.keys(stages).map((name) => [name, offsets(places.keyRange(['stages', name]))])),
    expect: expect.map((_, index) => offsets(places.range(['expect', index]))),
  };
}
