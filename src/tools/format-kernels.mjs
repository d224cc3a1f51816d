// Writes the kernels' C as clang-format has it, by the settings beside them: `npm run format`. With --check, tells which
// files are not so, and changes nothing: `npm run lint`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from '@wasm-fmt/clang-format';
import { root } from './build/files.mjs';

const folder = join(root, 'src/engine/wasm/kernels');
const style = readFileSync(join(folder, '.clang-format'), 'utf8');
const check = process.argv.includes('--check');

const others = readdirSync(folder).filter((name) => {
  if (!/\.[ch]$/.test(name)) return false;
  const text = readFileSync(join(folder, name), 'utf8');
  const formatted = format(text, name, style);
  if (formatted === text) return false;
  if (!check) writeFileSync(join(folder, name), formatted);
  return true;
});
if (check && others.length > 0) {
  console.error(`Not formatted: ${others.join(', ')} in src/engine/wasm/kernels. npm run format does it.`);
  process.exitCode = 1;
}
