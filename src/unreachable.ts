/**
 * The default of a switch over kinds that knows them all: it compiles only as long as it does.
 * @param kind what is left, which is nothing
 */
export function unreachable(kind: never): never {
  throw new TypeError(`a kind that is not known: ${JSON.stringify(kind)}`);
}
