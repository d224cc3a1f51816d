/** What can be wrong with a file that is imported. */
export type ImportCode =
  /** Not of the format, or damaged. */
  | 'E_IMPORT_FORMAT'
  /** It asks for more than reading arrays: instructions, paths, sizes that no checkpoint has. */
  | 'E_IMPORT_UNSAFE'
  /** An array is missing, or one too many. */
  | 'E_IMPORT_NAME'
  | 'E_IMPORT_SHAPE'
  | 'E_IMPORT_TYPE'
  /** NaN, infinity, a negative variance. */
  | 'E_IMPORT_VALUE';

/** A problem that is known where neither the file's name nor its network is: see {@link explained}. */
export class ImportProblem extends Error {
  override readonly name = 'ImportProblem';
  constructor(
    readonly code: ImportCode,
    problem: string,
  ) {
    super(problem);
  }
}
