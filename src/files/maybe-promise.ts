/** What mostly is known at once, and sometimes has to be waited for. To wait ten thousand times in vain takes its time. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with a value: at once, if it is known. */
export function after<A, B>(value: MaybePromise<A>, next: (value: A) => MaybePromise<B>): MaybePromise<B> {
  return value instanceof Promise ? value.then(next) : next(value);
}
