import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** A C compiler of this machine. */
export interface Compiler {
  /** Program and words that stand before all others. */
  readonly words: readonly string[];
  /** Changes with the program: another version is another compiler. */
  readonly stamp: string;
}

/** What systems call it; the first one that is there is taken. */
const usual = ['cc', 'gcc', 'clang'];

/**
 * The compiler that `SPIKELINE_CC` names (words as in `ccache gcc`), else the first of the usual ones on PATH.
 * @returns what is missing, where there is none
 */
export function findCompiler(env: NodeJS.ProcessEnv = process.env): Compiler | { readonly missing: string } {
  const own = env.SPIKELINE_CC?.trim().split(/\s+/).filter(Boolean) ?? [];
  const tried = own.length > 0 ? [own] : usual.map((name) => [name]);
  for (const [name, ...words] of tried) {
    const program = programOf(name!, env.PATH ?? '');
    if (program === undefined) continue;
    const real = realpathSync(program);
    const { size, mtimeMs } = statSync(real);
    return { words: [program, ...words], stamp: [real, size, mtimeMs, ...words].join(' ') };
  }
  if (own.length > 0) return { missing: `no program "${own[0]}", which SPIKELINE_CC names` };
  return { missing: `no C compiler (${usual.slice(0, -1).join(', ')} or ${usual.at(-1)}) on PATH` };
}

function programOf(name: string, path: string): string | undefined {
  const places = name.includes('/') ? [name] : path.split(delimiter).map((folder) => join(folder, name));
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return isAbsolute(place) && statSync(place).isFile();
    } catch {
      return false;
    }
  });
}
