// What numbers of the memory mean, so that the compiler refuses one that is meant as another.

declare const unit: unique symbol;

/** Where something lies in the shared memory. */
export type Address = number & { readonly [unit]: 'address' };

/** A size in memory, or the distance between two addresses. */
export type Bytes = number & { readonly [unit]: 'bytes' };

/** How many of something there are: any number that is known to be neither an address nor bytes. */
export type Count = number & { readonly [unit]?: 'count' };

/** The address that says to leave something out. */
export const nowhere = 0 as Address;

export const bytes = (size: number): Bytes => size as Bytes;

/** The address so many bytes behind another. */
export const behind = (address: Address, distance: Bytes): Address => (address + distance) as Address;

/** Bytes of so many of these. */
export const times = (count: Count, size: Bytes): Bytes => (count * size) as Bytes;
