/** This thread's private memory, in whose areas kernels work; each thread has its own instance of the module. */
export let scratch: usize = 0;

export function setScratch(address: usize): void {
  scratch = address;
}
