// The one class of errors that users can do something about. All others are defects of this program, or the system's.

export interface UserErrorOptions extends ErrorOptions {
  /** What a command that ends by it returns: 2, the default, for a mistake in the call or the files; 1 for the machine's. */
  readonly exitCode?: 1 | 2;
}

/** Every copy of this module knows the errors of all others by it: stages of users' bring their own. */
const mark = Symbol.for('spikeline.UserError');

/** Something that users can do something about: shown as one message, without a stack trace. */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  readonly [mark] = true;
  readonly exitCode: 1 | 2;

  /**
   * @param code stable, such as `E_DATA_CHECKSUM`
   * @param message whole sentences: what is wrong, and where
   * @param hint what the user can do about it
   */
  constructor(
    readonly code: string,
    message: string,
    readonly hint?: string,
    options: UserErrorOptions = {},
  ) {
    super(message, options);
    this.exitCode = options.exitCode ?? 2;
  }

  /** What is told of it, as plain data. */
  toFailure(): { readonly code: string; readonly message: string; readonly hint?: string } {
    const { code, message, hint } = this;
    return { code, message, ...(hint === undefined ? {} : { hint }) };
  }

  // Of classes below this one by their own prototypes, as always.
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: it is the class that was asked.
    if (this !== UserError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && mark in value;
  }
}
