import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Grant, ResourcePool, type Resources } from '../../../src/run/local/resources.js';
import type { ResourceRequest } from '../../../src/stage/definition.js';

const total: Resources = { cpus: 4, gpus: [0, 1], memory: 8e9, jobs: 3 };

/** Asks for resources, and notes who got them in which order. */
class Asking {
  readonly order: string[] = [];
  readonly grants = new Map<string, Grant>();

  constructor(readonly pool: ResourcePool) {}

  ask(name: string, request: ResourceRequest): void {
    void this.pool.acquire(request).then((grant) => {
      this.order.push(name);
      this.grants.set(name, grant);
    });
  }

  async settle(): Promise<string[]> {
    vi.advanceTimersByTime(50);
    await new Promise(setImmediate);
    return this.order;
  }

  /** Cores of those who got some, in that order. */
  async cores(): Promise<number[]> {
    return (await this.settle()).map((name) => this.grants.get(name)!.cpus);
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('ResourcePool', () => {
  it('gives what is asked for, of cores at most all there are', async () => {
    const pool = new ResourcePool(total);
    expect(await pool.acquire({})).toMatchObject({ cpus: 1, gpus: [] });
    expect(await pool.acquire({ cpus: 2, gpus: 2, memory: 8e9 })).toMatchObject({ cpus: 2, gpus: [0, 1] });
    expect(await new ResourcePool(total).acquire({ cpus: 99 })).toMatchObject({ cpus: 4, gpus: [] });
    expect(await new ResourcePool(total).acquire({ cpus: 'all' })).toMatchObject({ cpus: 4, gpus: [] });
  });

  it('lets nobody overtake who needs the same', async () => {
    const asking = new Asking(new ResourcePool(total));
    asking.ask('gpu', { gpus: 1 });
    asking.ask('both', { gpus: 2 });
    asking.ask('gpu later', { gpus: 1 });
    asking.ask('core', {});
    expect(await asking.settle()).toEqual(['gpu', 'core']);
    asking.grants.get('gpu')!.release();
    expect(await asking.settle()).toEqual(['gpu', 'core', 'both']);
    asking.grants.get('both')!.release();
    expect(await asking.settle()).toEqual(['gpu', 'core', 'both', 'gpu later']);
  });

  it('gives resources on before the place', async () => {
    const asking = new Asking(new ResourcePool({ ...total, jobs: 1 }));
    asking.ask('first', { cpus: 'all' });
    asking.ask('second', { cpus: 'all' });
    await asking.settle();
    asking.grants.get('first')!.idle();
    expect(await asking.settle()).toEqual(['first']);
    asking.grants.get('first')!.release();
    asking.grants.get('first')!.release();
    asking.ask('third', {});
    expect(await asking.settle()).toEqual(['first', 'second']);
  });

  it('has tasks take turns on a graphics processor of an engine, and others go on beside them', async () => {
    const asking = new Asking(new ResourcePool({ ...total, gpus: [] }));
    const training = { cpus: 'any', gpus: 1, device: 'webgpu' } as const;
    for (const name of ['first', 'second', 'third']) asking.ask(name, training);
    // One alone has the cores: the others could not begin.
    expect(await asking.cores()).toEqual([4]);
    asking.grants.get('first')!.idle();
    expect(await asking.settle()).toEqual(['first', 'second']);
    asking.ask('core', {});
    asking.grants.get('second')!.release();
    expect(await asking.settle()).toEqual(['first', 'second', 'third']);
    asking.grants.get('third')!.release();
    expect(await asking.settle()).toEqual(['first', 'second', 'third', 'core']);
  });

  it('has tasks compute on two graphics processors at a time', async () => {
    const asking = new Asking(new ResourcePool(total));
    asking.ask('one', { device: 'H200' });
    asking.ask('same', { device: 'H200' });
    asking.ask('other', { device: 'Radeon' });
    expect(await asking.settle()).toEqual(['one', 'other']);
  });

  it('lets nobody wait for cores behind one that waits for a graphics processor', async () => {
    const asking = new Asking(new ResourcePool(total));
    asking.ask('on it', { device: 'webgpu' });
    asking.ask('waits', { device: 'webgpu', cpus: 'all' });
    asking.ask('large', { cpus: 3 });
    expect(await asking.settle()).toEqual(['on it', 'large']);
  });

  it('says what it can never give', () => {
    const pool = new ResourcePool(total);
    expect(pool.lacking({ cpus: 99, gpus: 2, memory: 8e9 })).toBeUndefined();
    expect(pool.lacking({ gpus: 3 })).toBe('3 GPUs; this machine has 2');
    expect(new ResourcePool({ ...total, gpus: [] }).lacking({ gpus: 1 })).toBe('1 GPU; this machine has none');
    const none = new ResourcePool({ ...total, gpus: [] });
    expect(none.lacking({ gpus: 1, device: 'H200' })).toBeUndefined();
    expect(none.lacking({ gpus: 2, device: 'H200' })).toBe('2 GPUs; its engine computes on one, H200');
    expect(pool.lacking({ memory: 64e9 })).toBe('64 GB of memory; this machine has 8 GB');
  });

  it('never gives more than there is, and serves everybody', async () => {
    const request = fc.record({
      cpus: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constantFrom('all' as const, 'any' as const)),
      gpus: fc.integer({ min: 0, max: 2 }),
      device: fc.constantFrom(undefined, 'one', 'other'),
      memory: fc.integer({ min: 0, max: 8 }).map((amount) => amount * 1e9),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 20 }), fc.infiniteStream(fc.nat()), async (made, choices) => {
        const requests = made.map(({ device, ...others }) => (device === undefined ? others : { ...others, device }));
        const pool = new ResourcePool(total);
        const held = new Map<number, Grant>();
        let served = 0;
        requests.forEach((one, index) => {
          void pool.acquire(one).then((grant) => {
            served++;
            held.set(index, grant);
          });
        });
        for (;;) {
          vi.advanceTimersByTime(50);
          await new Promise(setImmediate);
          const grants = [...held.values()];
          expect(grants.length).toBeLessThanOrEqual(total.jobs);
          expect(grants.reduce((sum, { cpus }) => sum + cpus, 0)).toBeLessThanOrEqual(total.cpus);
          const gpus = grants.flatMap((grant) => grant.gpus);
          expect(new Set(gpus).size).toBe(gpus.length);
          const devices = [...held.keys()].flatMap((index) => made[index]!.device ?? []);
          expect(new Set(devices).size).toBe(devices.length);
          const memory = [...held.keys()].reduce((sum, index) => sum + requests[index]!.memory, 0);
          expect(memory).toBeLessThanOrEqual(total.memory);
          if (held.size === 0) break;
          const choice = [...held.keys()][choices.next().value! % held.size]!;
          held.get(choice)!.release();
          held.delete(choice);
        }
        expect(served).toBe(requests.length);
      }),
      { numRuns: 100 },
    );
  });
});

describe('ResourcePool, of tasks that take any number of cores', () => {
  const machine = { cpus: 16, gpus: [], memory: 256e9, jobs: Number.POSITIVE_INFINITY };
  const sharing = (tasks: number, resources: Partial<Resources> = {}) => {
    const asking = new Asking(new ResourcePool({ ...machine, ...resources }));
    for (let i = 0; i < tasks; i++) asking.ask(String(i), { cpus: 'any' });
    return asking;
  };

  it('gives one all, and several a part each, until all cores are given', async () => {
    expect(await sharing(1).cores()).toEqual([16]);
    expect(await sharing(2).cores()).toEqual([8, 8]);
    expect(await sharing(14).cores()).toEqual([...new Array<number>(12).fill(1), 2, 2]);
    expect(await sharing(14, { cpus: 64 }).cores()).toEqual([
      ...new Array<number>(6).fill(4),
      ...new Array<number>(8).fill(5),
    ]);
  });

  it('lets those begin first that would be left over', async () => {
    const asking = sharing(3, { cpus: 2 });
    expect(await asking.cores()).toEqual([2]);
    asking.grants.get('0')!.release();
    expect(await asking.cores()).toEqual([2, 1, 1]);
  });

  it('gives what one leaves to the next', async () => {
    const asking = sharing(40);
    expect((await asking.cores()).reduce((sum, cpus) => sum + cpus, 0)).toBe(16);
    const before = asking.order.length;
    asking.grants.get('0')!.release();
    expect((await asking.settle()).length).toBeGreaterThan(before);
  });

  it('has them wait for their part, not for crumbs that others leave', async () => {
    const asking = new Asking(new ResourcePool(machine));
    asking.ask('large', { cpus: 15 });
    await asking.settle();
    asking.ask('any', { cpus: 'any' });
    expect(await asking.settle()).toEqual(['large']);
    asking.grants.get('large')!.release();
    expect(await asking.cores()).toEqual([15, 16]);
  });

  it('runs no more beside each other than there are places and memory for', async () => {
    expect(await sharing(14, { jobs: 2 }).cores()).toEqual([8, 8]);
    expect(await sharing(16, { memory: 8e9 }).cores()).toEqual([4, 4, 4, 4]);
    expect(await sharing(2, { memory: 1e9 }).cores()).toEqual([16]);
  });
});
