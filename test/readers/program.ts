// Gives damaged files to every reader: program.mjs FIXTURES SCRATCH FIRST COUNT MINUTES, until there were so many or the
// time is over. Which one comes next goes to standard output before it is read, so that whoever waits knows which one
// never ended; the file `input` holds it.
import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { mutated } from './mutate.js';
import { allReaders, type Reader } from './readers.js';

/** Beyond what is there before a file is read. */
const memory = 2 ** 30;
const longestMessage = 20_000;

const [fixtures, scratch, first, count, minutes] = process.argv.slice(2);
const deadline = performance.now() + Number(minutes) * 60_000;

/** A line of output: what is read next, or what was wrong with it. */
export interface Line {
  readonly reader: string;
  readonly number: number;
  readonly problem?: string;
}
const say = (line: Line) => writeSync(1, `${JSON.stringify(line)}\n`);

const peak = () => process.resourceUsage().maxRSS * 1024;

/** Why an input was not read as it should be. */
async function problemOf({ read }: Reader, bytes: Uint8Array): Promise<string | undefined> {
  const before = { now: process.memoryUsage.rss(), peak: peak() };
  let problem: string | undefined;
  try {
    await read(bytes);
  } catch (error) {
    const { code, message, stack } = error as Error & { code?: unknown };
    if (typeof code !== 'string' || !/^E_[A-Z0-9_]+$/.test(code)) problem = `it ended in another error: ${stack}`;
    else if (message.length > longestMessage) problem = `its message has ${message.length} characters`;
  }
  const taken = peak() - before.now;
  return peak() > before.peak && taken > memory ? `it took ${taken} bytes` : problem;
}

/** Of the inputs of all up to one, how many it gets. */
const shareOf = ({ share = 100 }: Reader, inputs: number): number => Math.ceil((inputs * share) / 100);

const readers = await allReaders(fixtures!, scratch!);
for (let index = 0; index < Number(count) && performance.now() < deadline; index++) {
  const number = Number(first) + index;
  for (const reader of readers) {
    if (shareOf(reader, index + 1) === shareOf(reader, index)) continue;
    const damaged = mutated(reader.files, number);
    const bytes = reader.wrap === undefined ? damaged : await reader.wrap(damaged);
    writeFileSync(join(scratch!, 'input'), bytes);
    say({ reader: reader.name, number });
    const problem = await problemOf(reader, bytes);
    if (problem !== undefined) say({ reader: reader.name, number, problem });
  }
}
