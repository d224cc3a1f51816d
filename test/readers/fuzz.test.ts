import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';
import { expect, it } from 'vitest';
import { buildFolder, packageRoot } from '../../src/paths.js';
import { fuzz } from '../fuzz.js';
import type { Line } from './program.js';

/** The longest that a reader may take for a file, of a processor's time; of a clock's, many times as long. */
const longestMs = 10_000;
const mostWaits = 30;
/** Instead of a number of inputs, for how long to go on. */
const minutes = process.env.SPIKELINE_FUZZ_MINUTES;
/** The number of the first input: the same numbers are the same inputs on every machine. */
const first = process.env.SPIKELINE_SEED ?? '0';

/** Tries damaged files in a process of its own, which may hang, or run out of memory. */
async function problems(folder: string): Promise<readonly string[]> {
  const program = join(folder, 'program.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'program.ts')],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  const args = [program, join(packageRoot, 'test/data/fixtures'), folder, first, ...amount()];
  const child = spawn(process.execPath, args);
  const closed = once(child, 'close');
  const found: string[] = [];
  const note = ({ reader, number, problem }: Line) => {
    const file = join(tmpdir(), `spikeline-input-${number}-${found.length}`);
    copyFileSync(join(folder, 'input'), file);
    found.push(`${reader}, ${file} (SPIKELINE_SEED=${number} begins with it): ${problem}`);
  };
  let [line, trouble]: [Line, string] = [{ reader: 'none', number: -1 }, ''];
  child.stderr.on('data', (text: Buffer) => {
    trouble += text;
  });
  let [timer, waits, used]: [NodeJS.Timeout | undefined, number, number] = [undefined, 0, 0];
  const wait = () => {
    timer = setTimeout(() => {
      // On a busy machine it may hardly have run.
      if (++waits < mostWaits && processorMs(child.pid!) - used < longestMs) return wait();
      note({ ...line, problem: `it takes more than ${longestMs} ms` });
      child.kill('SIGKILL');
    }, longestMs);
  };
  wait();
  for await (const text of createInterface({ input: child.stdout })) {
    clearTimeout(timer);
    [waits, used] = [0, processorMs(child.pid!)];
    wait();
    line = JSON.parse(text) as Line;
    if (line.problem !== undefined) note(line);
  }
  clearTimeout(timer);
  const [code] = (await closed) as [number | null];
  if (code !== 0 && child.signalCode !== 'SIGKILL') note({ ...line, problem: `the process ended. ${trouble}` });
  return found;
}

/** How many inputs, and for how many minutes at most. */
function amount(): readonly string[] {
  return minutes === undefined ? [String(fuzz(20).numRuns), 'Infinity'] : ['Infinity', minutes];
}

/** What a process has had of processors, in milliseconds; where the system does not tell, all that it may have. */
function processorMs(pid: number): number {
  try {
    const [, numbers] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ');
    const [user, system] = numbers!.split(' ').slice(11, 13);
    return (Number(user) + Number(system)) * 10;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

it('readers end in an error with a code or in a value whatever the file, within 10 s and 1 GB', async () => {
  // Beside the developers' own programs, where the program finds packages.
  const folder = mkdtempSync(join(buildFolder, '../dev/readers-'));
  try {
    expect(await problems(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
