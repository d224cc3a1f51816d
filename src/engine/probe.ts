import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../error.js';
import { buildFolder } from '../paths.js';
import type { EngineDescription } from './engine.js';

/** What a probe writes, as the last line of its output. */
type Answer<T> = { readonly about: T } | { readonly code: string; readonly message: string; readonly hint?: string };

/** Writes what a library is found to be, or what is wrong with it, for `askProbe` in another process. */
export async function tellProbe(look: () => unknown): Promise<void> {
  const write = (answer: Answer<unknown>) =>
    new Promise<void>((resolve) => process.stdout.write(`${JSON.stringify(answer)}\n`, () => resolve()));
  try {
    await write({ about: await look() });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, message, hint } = error;
    await write({ code, message, ...(hint === undefined ? {} : { hint }) });
  }
}

/**
 * What a program of the build says that it has found: a library that does not fit the machine ends the process that loads it.
 * @param died what it means when that happens; is given how it ended, such as `by SIGILL`
 * @param env variables that it gets beside those of this process
 * @throws {UserError} what the program says, or what `died` makes of its end
 */
export async function askProbe<T>(
  program: string,
  died: (end: string) => UserError,
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(buildFolder, program)], {
    env: { ...process.env, ...env },
  }).catch((error: unknown) => {
    const { signal, stderr = '' } = error as { signal?: string | null; stderr?: string };
    throw died(signal ? `by ${signal}` : `with ${stderr.trim().split('\n').at(-1) ?? 'an error'}`);
  });
  // Libraries may write lines of their own.
  const answer = JSON.parse(stdout.trim().split('\n').at(-1)!) as Answer<T>;
  if ('about' in answer) return answer.about;
  throw new UserError(answer.code, answer.message, answer.hint);
}

/** @param text says what an engine is on this machine, or why it can't be used */
export async function described(text: () => Promise<string>): Promise<EngineDescription> {
  try {
    return { usable: true, text: await text() };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { usable: false, text: [error.message, error.hint].filter(Boolean).join(' ') };
  }
}
