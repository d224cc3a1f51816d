/** What mostly is known at once, and sometimes has to be waited for. To wait ten thousand times in vain takes its time. */
export type Soon<T> = T | Promise<T>;

/** Goes on with a value: at once, if it is known. */
export function after<A, B>(value: Soon<A>, next: (value: A) => Soon<B>): Soon<B> {
  return value instanceof Promise ? value.then(next) : next(value);
}
