import { lstatSync, lutimesSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ownToken, stateOf } from '../../src/files/process-identity.js';
import { holderText, type Jobs, type LockHolder } from '../../src/store/lock.js';
import { Store } from '../../src/store/store.js';
import type { TaskKey } from '../../src/store/types.js';
import { listFiles, testFolder, writeFiles } from './folder.js';
import { buildProgram, start } from './programs/start.js';

const key = 'ab'.repeat(32) as TaskKey;
const [host, boot, pid, began] = ownToken().split('-');

let folder: string;
let store: Store;
let lockFile: string;
beforeEach(() => {
  folder = testFolder();
  store = Store.open(folder);
  lockFile = join(folder, 'store/locks', key);
});

function writeLock(token: string): void {
  mkdirSync(dirname(lockFile), { recursive: true });
  symlinkSync(`${token} elsewhere`, lockFile);
}

const isLocked = () => lstatSync(lockFile, { throwIfNoEntry: false }) !== undefined;

describe('lock', () => {
  it('is had at once when nobody holds it, and again after its release', async () => {
    for (let round = 0; round < 2; round++) {
      const lock = await store.lock(key, { onWait: () => expect.unreachable() });
      expect(lock.waited).toBe(false);
      expect(readlinkSync(lockFile)).toBe(`${ownToken()} ${hostname()}`);
      await lock.release();
    }
    expect(listFiles(join(folder, 'store'))).toEqual([]);
  });

  it('makes the second of one process wait, too', async () => {
    const first = await store.lock(key);
    const onWait = vi.fn<(holder: LockHolder) => void>();
    const second = store.lock(key, { onWait });
    await vi.waitFor(() => expect(onWait).toHaveBeenCalled());
    expect(onWait.mock.calls).toEqual([[{ host: hostname(), pid: process.pid, token: ownToken() }]]);
    await first.release();
    const lock = await second;
    expect(lock.waited).toBe(true);
    await lock.release();
  });

  it('names its holder even where another one of the process was taken over', async () => {
    const first = await store.lock('cd'.repeat(32) as TaskKey);
    const other = join(dirname(lockFile), 'cd'.repeat(32));
    const lock = await store.lock(key);
    expect(readlinkSync(lockFile)).toBe(readlinkSync(other));
    await lock.release();
    rmSync(other);
    symlinkSync(`00000000-${boot}-${pid}-${began} elsewhere`, other);
    const again = await store.lock(key);
    expect(readlinkSync(lockFile)).toBe(`${ownToken()} ${hostname()}`);
    await again.release();
    await first.release();
    expect(listFiles(dirname(other))).toEqual(['cd'.repeat(32)]);
  });

  it('can be given up while waiting', async () => {
    const lock = await store.lock(key);
    const reason = new Error('interrupted');
    const abort = new AbortController();
    const waiting = store.lock(key, { signal: abort.signal, onWait: () => abort.abort(reason) });
    await expect(waiting).rejects.toBe(reason);
    expect(isLocked()).toBe(true);
    await lock.release();
  });

  it.each([
    ['of a process that is no more', `${host}-${boot}-999999999-${began}`],
    ['of a process whose id is used again', `${host}-${boot}-${pid}-00000000`],
    ['from before a reboot', `${host}-00000000-${pid}-${began}`],
  ])('is taken over %s', async (_, token) => {
    writeLock(token);
    const lock = await store.lock(key);
    expect(readlinkSync(lockFile)).toContain(ownToken());
    await lock.release();
    expect(listFiles(join(folder, 'store/locks'))).toEqual([]);
  });

  it('of a process that was killed goes when the next run begins, and so does what else that had noted', async () => {
    const [dead, elsewhere] = [`${host}-${boot}-999999999-${began}`, `00000000-${boot}-${pid}-${began}`];
    writeLock(dead);
    const held = await store.lock('cd'.repeat(32) as TaskKey);
    for (const token of [dead, elsewhere]) symlinkSync(`${token} vm`, join(dirname(lockFile), `run-1-${token}-1`));
    const use = await store.beginRun();
    await use.release();
    expect(listFiles(join(folder, 'store/locks'))).toEqual(['cd'.repeat(32), `run-1-${elsewhere}-1`].sort());
    await held.release();
  });

  it('is taken over by one alone when many find its holder dead', async () => {
    for (let round = 0; round < 3; round++) {
      writeLock(`${host}-${boot}-999999999-${began}`);
      let holders = 0;
      await Promise.all(
        Array.from({ length: 6 }, async () => {
          const lock = await store.lock(key);
          expect(++holders).toBe(1);
          await new Promise((resolve) => setTimeout(resolve, 1));
          holders--;
          await lock.release();
        }),
      );
    }
  });

  it('is taken over even if who was about to do so died', async () => {
    writeLock(`${host}-${boot}-999999999-${began}`);
    symlinkSync(readlinkSync(lockFile), `${lockFile}.break`);
    await (await store.lock(key)).release();
    expect(listFiles(join(folder, 'store/locks'))).toEqual([]);
  });

  it('of another host is left alone while it beats, and taken over after a minute of silence', async () => {
    writeLock(`00000000-${boot}-${pid}-${began}`);
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const waiting = store.lock(key);
      const look = () => new Promise((resolve) => setTimeout(resolve, 700));
      await look();
      vi.advanceTimersByTime(59_000);
      lutimesSync(lockFile, 1, 1);
      await look();
      vi.advanceTimersByTime(59_000);
      await look();
      expect(readlinkSync(lockFile)).toContain('00000000');
      vi.advanceTimersByTime(2_000);
      await (await waiting).release();
    } finally {
      vi.useRealTimers();
    }
  });

  describe('of a job on another host', () => {
    const inJob = (job: string) => {
      mkdirSync(dirname(lockFile), { recursive: true });
      symlinkSync(`00000000-${boot}-${pid}-${began} elsewhere ${job}`, lockFile);
    };
    const storeAsking = (stateOf: Jobs['stateOf'], own?: string) =>
      Store.open(folder, { jobs: { stateOf, ...(own === undefined ? {} : { own }) } });

    it('is taken over at once when the job is over', async () => {
      inJob('slurm-7_1.0');
      const stateOf = vi.fn<Jobs['stateOf']>().mockResolvedValue('dead');
      const lock = await storeAsking(stateOf, 'slurm-8_0.2').lock(key);
      expect(stateOf.mock.calls).toEqual([['slurm-7_1.0']]);
      expect(readlinkSync(lockFile)).toBe(`${ownToken()} ${hostname()} slurm-8_0.2`);
      await lock.release();
    });

    it.each([
      ['left alone, however silent, while the job runs', 'alive', true],
      ['taken over after a minute of silence where nobody knows of the job', 'unknown', false],
    ] as const)('is %s', async (_, state, held) => {
      inJob('slurm-7_1.0');
      vi.useFakeTimers({ toFake: ['performance'] });
      try {
        const abort = new AbortController();
        const stateOf = vi.fn<Jobs['stateOf']>().mockResolvedValue(state);
        const waiting = storeAsking(stateOf).lock(key, { signal: abort.signal });
        const look = () => new Promise((resolve) => setTimeout(resolve, 700));
        await look();
        vi.advanceTimersByTime(61_000);
        await look();
        expect(readlinkSync(lockFile).includes('slurm-7_1.0')).toBe(held);
        expect(stateOf.mock.calls.length).toBeLessThanOrEqual(2);
        abort.abort(new Error('enough'));
        if (held) await expect(waiting).rejects.toThrow('enough');
        else await (await waiting).release();
      } finally {
        vi.useRealTimers();
      }
    });
  });

  it('that is a file, as on systems without links, is as good', async () => {
    writeFiles(folder, { [`store/locks/${key}`]: `${ownToken()} elsewhere` });
    const onWait = vi.fn<(holder: LockHolder) => void>();
    const waiting = store.lock(key, { onWait });
    await vi.waitFor(() => expect(onWait).toHaveBeenCalled());
    expect(onWait.mock.calls).toEqual([[{ host: 'elsewhere', pid: process.pid, token: ownToken() }]]);
    rmSync(lockFile);
    await (await waiting).release();
  });

  it('that was torn by a crash is taken over', async () => {
    // And so is the right to remove it that somebody was torn away from.
    const torn = { [`store/locks/${key}`]: ownToken().slice(0, 9), [`store/locks/${key}.break`]: '' };
    writeFiles(folder, torn);
    const lock = await store.lock(key);
    await lock.release();
  });

  it('is not released when another has taken it over', async () => {
    const lock = await store.lock(key);
    const other = `00000000-${boot}-1-${began} b`;
    rmSync(lockFile);
    symlinkSync(other, lockFile);
    await lock.release();
    expect(readlinkSync(lockFile)).toBe(other);
  });
});

describe('processes', () => {
  it('hold a lock one after the other', async () => {
    const program = buildProgram('holder', folder);
    const log = join(folder, 'log');
    const racers = Array.from({ length: 4 }, () => start(program, [folder, key, log]));
    await Promise.all(
      racers.map(async (racer) => {
        while ((await racer.line()) !== 'held');
        await racer.finish();
      }),
    );
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(8);
    for (let index = 0; index < lines.length; index += 2)
      expect(lines[index + 1]).toBe(lines[index]!.replace('in', 'out'));
    expect(isLocked()).toBe(false);
  });

  it('leave a lock to others when they are killed', async () => {
    const program = buildProgram('holder', folder);
    const log = join(folder, 'log');
    const killed = start(program, [folder, key, log]);
    expect(await killed.line()).toBe('held');
    const heir = start(program, [folder, key, log]);
    expect(await heir.line()).toBe('waiting');
    killed.process.kill('SIGKILL');
    expect(await heir.line()).toBe('held');
    await heir.finish();
    expect(readFileSync(log, 'utf8')).toBe(
      `in ${killed.process.pid}\nin ${heir.process.pid}\nout ${heir.process.pid}\n`,
    );
  });
});

describe.skipIf(process.platform !== 'linux')('a process that is stopped', () => {
  /** Stops a process that holds a lock, and says what the next one is told. */
  async function stopHolder(name: string) {
    const holder = start(buildProgram('holder', folder), [folder, name, join(folder, 'log')]);
    expect(await holder.line()).toBe('held');
    const { pid } = holder.process;
    const told: LockHolder[] = [];
    holder.process.kill('SIGSTOP');
    const toldOfIt = () => vi.waitFor(() => expect(told.at(-1)?.stopped).toBe(true));
    return { holder, pid: pid!, told, onWait: (seen: LockHolder) => told.push(seen), toldOfIt };
  }

  it('is named, and overtaken at a task after a minute', async () => {
    const { pid, told, onWait, toldOfIt } = await stopHolder(key);
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const waiting = store.lock(key, { onWait });
      await toldOfIt();
      expect(holderText(told.at(-1)!)).toBe(
        `process ${pid} on ${hostname()}, which is stopped: kill -CONT ${pid} lets it go on`,
      );
      vi.advanceTimersByTime(61_000);
      const lock = await waiting;
      expect(lock.waited).toBe(true);
      await lock.release();
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps the right to remove files: a run waits for it until it is asked to end', async () => {
    const { holder, told, onWait, toldOfIt } = await stopHolder('gc');
    const stop = new AbortController();
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const waiting = store.beginRun({ signal: stop.signal, onWait });
      const ended = expect(waiting).rejects.toThrow('enough');
      await toldOfIt();
      vi.advanceTimersByTime(61_000);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(told.length).toBeLessThanOrEqual(2);
      stop.abort(new Error('enough'));
      await ended;
    } finally {
      vi.useRealTimers();
    }
    expect(listFiles(join(folder, 'store/locks'))).toEqual(['gc']);
    holder.process.kill('SIGCONT');
    await holder.finish();
    await (await store.beginRun({ onWait: () => expect.unreachable() })).release();
  });
});

describe('what is computed', () => {
  it('is told of live processes here, and of those elsewhere whose heart beats', async () => {
    expect([...store.computing()]).toEqual([]);
    const [lock, run] = [await store.lock(key), await store.beginRun()];
    expect([...store.computing()]).toEqual([[key, { host: hostname(), pid: process.pid, token: ownToken() }]]);
    await Promise.all([lock.release(), run.release()]);
    expect([...store.computing()]).toEqual([]);

    writeLock(`${host}-${boot}-${pid}-00000000`);
    expect([...store.computing()]).toEqual([]);
    rmSync(lockFile);
    const elsewhere = `00000000-${boot}-7-${began}`;
    writeLock(elsewhere);
    expect([...store.computing()]).toEqual([[key, { host: 'elsewhere', pid: 7, token: elsewhere }]]);
    const longAgo = new Date(Date.now() - 3_600_000);
    lutimesSync(lockFile, longAgo, longAgo);
    expect([...store.computing()]).toEqual([]);
    // It is nobody's but its holder's to remove.
    expect(isLocked()).toBe(true);
  });
});

describe('stateOf', () => {
  it('knows this process to live, and can not tell of other hosts', () => {
    expect(stateOf(ownToken())).toBe('alive');
    expect(stateOf(`${ownToken()}-12`)).toBe('alive');
    expect(stateOf(`00000000-${boot}-${pid}-${began}`)).toBe('unknown');
  });
});
