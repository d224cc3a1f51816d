/** This thread's private memory for event lists; each thread has its own instance of the module. */
export let scratch: usize = 0;

export function setScratch(address: usize): void {
  scratch = address;
}

export function fill(address: usize, lo: i32, hi: i32): void {
  memory.fill(address, <u8>lo, <usize>hi);
}
