// Times programs of WebGPU by the device's own clock, each in a pass of its own.

/** A kind of program: how often it ran, and how long all of these took. */
export interface ProgramTime {
  readonly name: string;
  readonly count: number;
  readonly milliseconds: number;
}

/** Programs that can be timed before their times are read: a query set has 4,096 timestamps at most. */
const capacity = 2048;
/** Of a timestamp, in nanoseconds. */
const bytes = 8;

/** The longest in all comes first. */
export class ProgramClock {
  readonly #device: GPUDevice;
  readonly #queries: GPUQuerySet;
  readonly #names: string[] = [];

  /** A clock for a device; undefined if it has none, which is the feature `timestamp-query`. */
  static of(device: GPUDevice, nameOf: (code: string) => string | undefined): ProgramClock | undefined {
    return device.features.has('timestamp-query') ? new ProgramClock(device, nameOf) : undefined;
  }

  /** @param nameOf names of programs by their code; the others have those that whoever made them gave them */
  private constructor(device: GPUDevice, nameOf: (code: string) => string | undefined) {
    this.#device = device;
    this.#queries = device.createQuerySet({ type: 'timestamp', count: 2 * capacity });
    const codes = new WeakMap<GPUShaderModule, string>();
    const names = new WeakMap<GPUComputePipeline, string>();
    const { createShaderModule, createComputePipeline, createComputePipelineAsync, createCommandEncoder } = device;
    const name = (pipeline: GPUComputePipeline, { compute, label = '' }: GPUComputePipelineDescriptor) => {
      names.set(pipeline, nameOf(codes.get(compute.module) ?? '') ?? (label || 'without a name'));
      return pipeline;
    };
    device.createShaderModule = (about) => {
      const made = createShaderModule.call(device, about);
      codes.set(made, about.code);
      return made;
    };
    device.createComputePipeline = (about) => name(createComputePipeline.call(device, about), about);
    device.createComputePipelineAsync = async (about) =>
      name(await createComputePipelineAsync.call(device, about), about);
    device.createCommandEncoder = (about) => {
      const encoder = createCommandEncoder.call(device, about);
      const { beginComputePass } = encoder;
      encoder.beginComputePass = () =>
        this.#pass((about) => beginComputePass.call(encoder, about), names) as GPUComputePassEncoder;
      return encoder;
    };
  }

  /** Stands in for a pass: begins one for each program, with timestamps at its ends. */
  #pass(
    begin: (about: GPUComputePassDescriptor) => GPUComputePassEncoder,
    names: WeakMap<GPUComputePipeline, string>,
  ): Partial<GPUComputePassEncoder> {
    let pipeline: GPUComputePipeline;
    let group: GPUBindGroup;
    return {
      setPipeline: (next) => {
        pipeline = next;
        return undefined;
      },
      setBindGroup: (...given: readonly unknown[]) => {
        group = given[1] as GPUBindGroup;
        return undefined;
      },
      dispatchWorkgroups: (...groups) => {
        const at = this.#names.push(names.get(pipeline)!) - 1;
        if (at >= capacity) throw new RangeError(`more than ${capacity} programs since their times were read`);
        const querySet = this.#queries;
        const pass = begin({
          timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * at, endOfPassWriteIndex: 2 * at + 1 },
        });
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...groups);
        pass.end();
        return undefined;
      },
      end: () => undefined,
    };
  }

  /** Times of the programs since they were read before, by their names. */
  async read(): Promise<readonly ProgramTime[]> {
    const size = 2 * bytes * Math.max(1, this.#names.length);
    const { queue } = this.#device;
    const resolved = this.#device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    const staging = this.#device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const commands = this.#device.createCommandEncoder();
    commands.resolveQuerySet(this.#queries, 0, 2 * this.#names.length, resolved, 0);
    commands.copyBufferToBuffer(resolved, 0, staging, 0, size);
    queue.submit([commands.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const at = new BigUint64Array(staging.getMappedRange());
    const times = new Map<string, { count: number; milliseconds: number }>();
    for (const [i, name] of this.#names.splice(0).entries()) {
      const { count, milliseconds } = times.get(name) ?? { count: 0, milliseconds: 0 };
      times.set(name, { count: count + 1, milliseconds: milliseconds + Number(at[2 * i + 1]! - at[2 * i]!) / 1e6 });
    }
    resolved.destroy();
    staging.destroy();
    return [...times].map(([name, time]) => ({ name, ...time })).sort((a, b) => b.milliseconds - a.milliseconds);
  }
}
