import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createLimit } from '../../src/files/limit.js';
import { randomFrom } from './random.js';
import { cleanRun, type Rig, withRig } from './rig.js';

/** 5,000 by `npm run test:kills`. At each change of the disk, errors.test.ts kills the program itself. */
const kills = Number(process.env.SPIKELINE_KILLS ?? 50);
/** Times that the run of one store is killed before it may end. */
const killsAStore = 5;
const storesAtATime = 3;
/** How long a run takes here, beside the others: as long as the last one did that was done before its kill. */
let wholeMs = 1500;
/** Kills come somewhat later, too: a run may take longer than another, and so it is told where one takes less time by now. */
const latest = 1.2;

describe('kill -9', () => {
  it(`${kills} times at random moments: the next run ends as an undisturbed one`, {
    timeout: kills * 20_000,
  }, async () => {
    const clean = await cleanRun();
    const limit = createLimit(storesAtATime);
    const stores = Array.from({ length: Math.ceil(kills / killsAStore) }, (_, store) =>
      limit(() =>
        withRig(async (rig) => {
          const random = randomFrom(`kill ${store}`);
          for (let hits = 0; hits < killsAStore; ) {
            if (await killOnce(rig, random)) hits++;
            else await startAgain(rig, clean);
            rig.expectPartOf(clean);
          }
          await expectClean(rig, clean);
        }),
      ),
    );
    await Promise.all(stores);
  });
});

/** The run was done before it could be killed: the rest of the kills are for one from the start. */
async function startAgain(rig: Rig, clean: unknown): Promise<void> {
  await expectClean(rig, clean);
  rmSync(rig.path('artifacts'), { recursive: true });
}

async function expectClean(rig: Rig, clean: unknown): Promise<void> {
  expect(await rig.finish()).toEqual(clean);
  expect(readdirSync(rig.path('artifacts/store/tmp'))).toEqual([]);
  expect(readdirSync(rig.path('artifacts/store/resume'))).toEqual([]);
}

/** Kills the program, or any one process below it, at a random moment; false if it came to its end before. */
async function killOnce(rig: Rig, random: () => number): Promise<boolean> {
  const begin = performance.now();
  const { child, result } = rig.start(['run', 'p.yaml']);
  const target = random();
  await Promise.race([result, new Promise((resolve) => setTimeout(resolve, random() * latest * wholeMs))]);
  if (child.exitCode !== null) {
    wholeMs = performance.now() - begin;
    return false;
  }
  const below = descendants(child.pid!);
  const victim = target < 0.5 ? undefined : below[Math.floor((target - 0.5) * 2 * below.length)];
  const hit = sendKill(victim ?? child.pid!);
  await result;
  return hit;
}

function sendKill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** Processes below a process, by what /proc says of parents. */
function descendants(pid: number): number[] {
  if (process.platform !== 'linux') return [];
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  return children.map(Number).flatMap((child) => [child, ...descendants(child)]);
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
