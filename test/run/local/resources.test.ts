import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
    await new Promise(setImmediate);
    return this.order;
  }
}

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

  it('says what it can never give', () => {
    const pool = new ResourcePool(total);
    expect(pool.lacking({ cpus: 99, gpus: 2, memory: 8e9 })).toBeUndefined();
    expect(pool.lacking({ gpus: 3 })).toBe('3 GPUs; this machine has 2');
    expect(new ResourcePool({ ...total, gpus: [] }).lacking({ gpus: 1 })).toBe('1 GPU; this machine has none');
    expect(pool.lacking({ memory: 64e9 })).toBe('64 GB of memory; this machine has 8 GB');
  });

  it('never gives more than there is, and serves everybody', async () => {
    const request = fc.record({
      cpus: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant('all' as const)),
      gpus: fc.integer({ min: 0, max: 2 }),
      memory: fc.integer({ min: 0, max: 8 }).map((amount) => amount * 1e9),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 20 }), fc.infiniteStream(fc.nat()), async (requests, choices) => {
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
          await new Promise(setImmediate);
          const grants = [...held.values()];
          expect(grants.length).toBeLessThanOrEqual(total.jobs);
          expect(grants.reduce((sum, { cpus }) => sum + cpus, 0)).toBeLessThanOrEqual(total.cpus);
          const gpus = grants.flatMap((grant) => grant.gpus);
          expect(new Set(gpus).size).toBe(gpus.length);
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
