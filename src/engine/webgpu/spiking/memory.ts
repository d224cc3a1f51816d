// Buffers and programs of a graphics processor.
import { inRows } from '../invocations.js';

/** Something a device computes: a program, its buffers, and how many workgroups so many images take. */
export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly buffers: GPUBindGroup;
  groups(images: number): number;
}

/** Lets the device compute it after what the commands have already. */
export function addTo(commands: GPUCommandEncoder, { pipeline, buffers, groups }: Dispatch, images: number): void {
  const pass = commands.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, buffers);
  pass.dispatchWorkgroups(...inRows(groups(images)));
  pass.end();
}

/** What one simulator has in a device's memory. */
export class DeviceMemory {
  readonly #device: GPUDevice;
  readonly #buffers: GPUBuffer[] = [];
  /** What is read back lies here first: grows to the most that was. */
  #staging: GPUBuffer | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A buffer of zeros that programs read and write, or what else it is for. */
  buffer(size: number, usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST): GPUBuffer {
    const buffer = this.#device.createBuffer({ size, usage });
    this.#buffers.push(buffer);
    return buffer;
  }

  /** A buffer that programs read. */
  table(data: Int8Array | Int32Array | Uint32Array): GPUBuffer {
    const buffer = this.buffer(data.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
    this.#device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  }

  /**
   * @param code WGSL, with one entry point
   * @param bindings by number, left out where the program has none
   */
  async dispatch(
    code: string,
    bindings: readonly (GPUBuffer | GPUBufferBinding | undefined)[],
    groups: Dispatch['groups'],
  ): Promise<Dispatch> {
    const module = this.#device.createShaderModule({ code });
    const compute = { module, entryPoint: 'main' };
    const pipeline = await this.#device.createComputePipelineAsync({ layout: 'auto', compute });
    const entries = bindings.flatMap((bound, binding) =>
      bound === undefined ? [] : { binding, resource: 'buffer' in bound ? bound : { buffer: bound } },
    );
    const buffers = this.#device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    return { pipeline, buffers, groups };
  }

  /** Copies of the first bytes of some buffers, in one transfer. */
  async read(parts: readonly (readonly [buffer: GPUBuffer, bytes: number])[]): Promise<Uint8Array[]> {
    const size = parts.reduce((sum, [, bytes]) => sum + bytes, 0);
    if (this.#staging === undefined || this.#staging.size < size) {
      this.#staging?.destroy();
      this.#staging = this.#device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    }
    const staging = this.#staging;
    const commands = this.#device.createCommandEncoder();
    let at = 0;
    for (const [buffer, bytes] of parts) {
      commands.copyBufferToBuffer(buffer, 0, staging, at, bytes);
      at += bytes;
    }
    this.#device.queue.submit([commands.finish()]);
    await staging.mapAsync(GPUMapMode.READ, 0, size);
    const all = new Uint8Array(staging.getMappedRange(0, size).slice(0));
    staging.unmap();
    at = 0;
    return parts.map(([, bytes]) => {
      at += bytes;
      return all.slice(at - bytes, at);
    });
  }

  free(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#staging?.destroy();
  }
}
