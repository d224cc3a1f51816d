/** A place in a source file: offsets in UTF-16 code units of its text, end exclusive. */
export interface SourceRange {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** One mistake in the user's file or call, found before anything runs. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** Stable code, such as `E_UNKNOWN_KEY`. */
  readonly code: string;
  /** What is wrong, in the user's words. */
  readonly message: string;
  readonly range?: SourceRange;
  /** How to mend it, such as `did you mean "learningRate"?`. */
  readonly hint?: string;
  /** Further places, such as the first use of a duplicate name. */
  readonly related?: readonly { readonly message: string; readonly range: SourceRange }[];
}
