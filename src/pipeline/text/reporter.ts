import type { Path } from '../../values.js';
import type { Diagnostic } from './diagnostic.js';
import type { Places } from './places.js';

/** Where in the file a mistake is. */
export interface Place {
  readonly path: Path;
  /** The key at the path, instead of its value. */
  readonly key?: boolean;
  /** Only this part of the string at the path; of it, only the characters from `start` to `end`. */
  readonly part?: { readonly text: string; readonly start?: number; readonly end?: number };
}

/** What a stage of the file consists of; a mistake anywhere else in it puts all of them in doubt. */
export type Section =
  | 'description'
  | 'uses'
  | 'run'
  | 'shell'
  | 'over'
  | 'only'
  | 'exclude'
  | 'inputs'
  | 'with'
  | 'outputs'
  | 'env'
  | 'resources'
  | 'retries'
  | 'timeout';

/** All of them. */
export const sections: ReadonlySet<unknown> = new Set<Section>([
  'description',
  'uses',
  'run',
  'shell',
  'over',
  'only',
  'exclude',
  'inputs',
  'with',
  'outputs',
  'env',
  'resources',
  'retries',
  'timeout',
]);

/** Collects the diagnostics of one file, and knows what they put in doubt, so that no consequences are reported. */
export class Reporter {
  readonly diagnostics: Diagnostic[] = [];
  readonly #doubts = new Map<string, Set<unknown>>();

  constructor(readonly source: Places) {}

  error(code: string, message: string, at: Place, rest: Pick<Diagnostic, 'hint' | 'related'> = {}): void {
    const [top, stage, section] = at.path;
    if (top === 'stages' && stage !== undefined) {
      const doubts = this.#doubts.get(String(stage)) ?? new Set();
      this.#doubts.set(String(stage), doubts.add(sections.has(section) ? section : '*'));
    }
    this.diagnostics.push({ severity: 'error', code, message: sentence(message), range: this.#range(at), ...rest });
  }

  /** True if there was a mistake in these sections of a stage, or in the stage as a whole. */
  doubtful(stage: string, ...of: readonly Section[]): boolean {
    const doubts = this.#doubts.get(stage);
    return doubts !== undefined && (doubts.has('*') || of.some((section) => doubts.has(section)));
  }

  #range({ path, key, part }: Place) {
    if (key) return this.source.keyRange(path);
    return part === undefined ? this.source.range(path) : this.source.partRange(path, part);
  }
}

function sentence(message: string): string {
  return /[.?!]$/.test(message) ? message : `${message}.`;
}

/** A hint, if there is one. */
export function hinted(hint: string | undefined): { readonly hint?: string } {
  return hint === undefined ? {} : { hint };
}
