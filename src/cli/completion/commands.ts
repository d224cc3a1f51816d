/** A command, as completion knows it. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  /** What may stand behind it, in order: `file`, `targets...`, `push|pull|status`. */
  readonly places: readonly string[];
  readonly options: readonly CompletedOption[];
}

export interface CompletedOption {
  readonly flag: string;
  readonly about: string;
  /** Whether a value follows. */
  readonly takes: boolean;
  /** All values there are, where they are few. */
  readonly values?: readonly string[];
}

/** How the table of commands has one. */
interface Entry {
  readonly usage: string;
  readonly description: string;
  readonly options?: readonly (readonly [flags: string, description: string, ...unknown[]])[];
}

/**
 * What completion has to know of a command.
 *
 * @param values those of options that take one of a few
 */
export function completedCommand(
  { usage, description, options = [] }: Entry,
  values: Readonly<Record<string, readonly string[]>>,
): CompletedCommand {
  const [name, ...places] = usage.split(' ') as [string, ...string[]];
  return {
    name,
    description,
    places: places.map((place) => place.slice(1, -1)),
    options: options.map(([flags, about]) => {
      const [flag, value] = flags.split(' ') as [string, string?];
      return { flag, about, takes: value !== undefined, ...(values[flag] && { values: values[flag] }) };
    }),
  };
}
