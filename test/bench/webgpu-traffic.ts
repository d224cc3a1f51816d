// Counts what a device of WebGPU is given to do.

export interface Traffic {
  /** Programs that begin. */
  readonly dispatches: number;
  readonly submits: number;
  /** Times that the processor waits for something from the device. */
  readonly reads: number;
  /** Bytes that the processor writes to buffers of the device. */
  readonly uploaded: number;
  /** Bytes that it reads back. */
  readonly read: number;
  /** Bytes of all buffers that programs have bound, each as often as a program has it. */
  readonly bound: number;
}

type Counts = { -readonly [field in keyof Traffic]: number };

const nothing = (): Counts => ({ dispatches: 0, submits: 0, reads: 0, uploaded: 0, read: 0, bound: 0 });

/**
 * Counts from now on. Nothing is computed from then on, for counts don't depend on values, and a device in software takes
 * minutes for a step: what is read back is zeros.
 * @param queue the device's, as those have it who use it
 */
export function watchTraffic(device: GPUDevice, queue: GPUQueue): { reset(): void; counted(): Traffic } {
  let counts = nothing();
  const boundBytes = new WeakMap<GPUBindGroup, number>();

  /** Has a method of an object tell what it is called with, and what it makes of it. */
  const tap = <T extends object, K extends keyof T>(
    object: T,
    name: K,
    seen: (
      given: T[K] extends (...given: infer A) => unknown ? A : never,
      made: T[K] extends (...given: never) => infer R ? R : never,
    ) => void,
  ) => {
    const method = object[name] as (...given: unknown[]) => unknown;
    object[name] = ((...given: unknown[]) => {
      const made = method.apply(object, given);
      seen(given as never, made as never);
      return made;
    }) as T[K];
  };

  tap(device, 'createBindGroup', ([{ entries }], group) => {
    const sizes = [...entries].map(({ resource }) => {
      const { buffer, size } = resource as GPUBufferBinding;
      return size ?? buffer.size;
    });
    boundBytes.set(
      group,
      sizes.reduce((sum, size) => sum + size, 0),
    );
  });
  tap(device, 'createBuffer', ([{ size, mappedAtCreation = false }], buffer) => {
    if (mappedAtCreation) counts.uploaded += size;
    tap(buffer, 'mapAsync', ([mode, , bytes]) => {
      if (mode !== GPUMapMode.READ) {
        counts.uploaded += size;
        return;
      }
      counts.reads++;
      counts.read += bytes ?? size;
    });
  });
  tap(device, 'createCommandEncoder', (_, encoder) => {
    tap(encoder, 'beginComputePass', (__, pass) => {
      let bound = 0;
      tap(pass, 'setBindGroup', (given) => {
        bound = boundBytes.get(given[1] as GPUBindGroup) ?? 0;
      });
      tap(pass, 'dispatchWorkgroups', () => {
        counts.dispatches++;
        counts.bound += bound;
      });
    });
  });
  queue.submit = () => {
    counts.submits++;
    return undefined;
  };
  tap(queue, 'writeBuffer', ([, , data, , size]) => {
    counts.uploaded += size ?? (data as ArrayBufferView).byteLength;
  });
  return {
    reset: () => {
      counts = nothing();
    },
    counted: () => ({ ...counts }),
  };
}
