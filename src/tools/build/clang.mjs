// C → WebAssembly, by clang and lld from npm, which are WebAssembly themselves.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const options = [
  ...['--target=wasm32', '-nostdlib', '-O3', '-msimd128', '-matomics', '-mbulk-memory', '-Wall', '-Werror'],
  // The same bits as everywhere: no fused multiply-add, nor anything relaxed.
  ...['-ffp-contract=off', '-fno-math-errno', '-fno-strict-aliasing', '-fwrapv'],
  // Reduced, addresses lose the offsets that loads have room for, and each load costs an addition more.
  ...['-mllvm', '-disable-lsr'],
];
/** The planner's memory, shared, of up to 4 GiB; constants lie in its first page, where no buffer is. */
const linking = [
  ...['--no-entry', '--import-memory', '--shared-memory', '--max-memory=4294967296', '--global-base=32768'],
  ...['-z', 'stack-size=0'],
];

/**
 * Compiles C, all files as one, so that they share what is inline.
 * @param {string} folder of *.c and *.h
 * @param {string} header text of generated.h
 * @returns {Promise<Uint8Array>} the module
 * @throws {Error} with what clang says
 */
export async function compileC(folder, header) {
  const names = readdirSync(folder).filter((name) => /\.[ch]$/.test(name));
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  const units = names.filter((name) => name.endsWith('.c'));
  const all = units.map((name) => `#include "${name}"\n`).join('');
  const { commands, runLLVM } = await import('@yowasp/clang');
  // Reads the compiler, and tells nobody how far it is.
  await runLLVM(undefined, {}, { fetchProgress: () => undefined });
  const said = [];
  const printer = new TextDecoder();
  const write = (bytes) => {
    if (bytes) said.push(printer.decode(bytes));
  };
  const link = linking.map((option) => `-Wl,${option}`);
  try {
    const made = await commands.clang(
      [...options, ...link, 'all.c', '-o', 'kernels.wasm'],
      { ...files, 'generated.h': header, 'all.c': all },
      { stdout: write, stderr: write },
    );
    return /** @type {Uint8Array} */ (/** @type {any} */ (made)['kernels.wasm']);
  } catch {
    throw new Error(`The kernels did not compile.\n${said.join('')}`);
  }
}
