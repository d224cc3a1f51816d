import type { Tensor } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../../tensorflow/library.js';
import { inRows, workgroup } from '../invocations.js';

/** What is used of TensorFlow.js's back end for WebGPU beyond what all of them have. */
interface Backend {
  readonly device: GPUDevice;
  readonly commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  /** Data that commands use which the device has not been given yet: it must not be freed. */
  readonly commandQueueOwnedIds: { add(id: object): void };
  readonly tensorMap: { get(id: object): { readonly resource: GPUBuffer; values: unknown } };
  uploadToGPU(id: object): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  makeTensorInfo(
    shape: readonly number[],
    dtype: 'float32',
  ): Parameters<ReturnType<TensorFlow['engine']>['makeTensorFromTensorInfo']>[0];
}

/** What a program can have bound: a tensor, some of its numbers, or a buffer of numbers for programs. */
export type Bound = Tensor | GPUBuffer | { readonly tensor: Tensor; readonly from: number; readonly size: number };

const floatBytes = 4;

/** Puts programs of our own among those of TensorFlow.js, in their order, on its tensors. */
export class Recorder {
  static readonly #known = new WeakMap<TensorFlow, Recorder>();
  readonly #tf: TensorFlow;
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #numbers = new Map<string, GPUBuffer>();

  private constructor(tf: TensorFlow) {
    this.#tf = tf;
  }

  /** That of a TensorFlow.js: its trainers share their programs. */
  static on(tf: TensorFlow): Recorder {
    const known = Recorder.#known.get(tf) ?? new Recorder(tf);
    Recorder.#known.set(tf, known);
    return known;
  }

  get #backend(): Backend {
    return this.#tf.backend() as unknown as Backend;
  }

  /** A tensor that a program is to fill, part of the scope that is open. */
  tensor(shape: readonly number[]): Tensor {
    return this.#tf.engine().makeTensorFromTensorInfo(this.#backend.makeTensorInfo(shape, 'float32'));
  }

  /** Numbers that programs read and that never change: the same ones are kept once. */
  constants(...values: readonly number[]): GPUBuffer {
    const key = values.join();
    const known = this.#numbers.get(key) ?? this.numbers(values.length);
    if (!this.#numbers.has(key)) {
      this.#numbers.set(key, known);
      this.write(known, Uint32Array.from(values));
    }
    return known;
  }

  /** Room for numbers that programs read. */
  numbers(count = 4): GPUBuffer {
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    return this.#backend.device.createBuffer({ size: floatBytes * count, usage });
  }

  /** Programs that the device was not given yet read these, too. */
  write(buffer: GPUBuffer, values: Float32Array | Uint32Array): void {
    this.#backend.device.queue.writeBuffer(buffer, 0, values);
  }

  /** Brings tensors to the device now, beside what it computes, not when something needs them. */
  bring(tensors: readonly Tensor[]): void {
    const backend = this.#backend;
    for (const { dataId } of tensors) backend.uploadToGPU(dataId);
    // Into buffers that are new they are written without commands.
    if (backend.commandEncoder === null) return;
    backend.endComputePassEncoder();
    backend.submitQueue();
  }

  /**
   * @param code WGSL with the entry point `main`
   * @param bound in the order of the bindings
   * @param written those of them that it writes to
   * @param invocations as many at least
   */
  run(code: string, bound: readonly Bound[], written: readonly Tensor[], invocations: number): void {
    const backend = this.#backend;
    const pipeline = this.#pipelineOf(code);
    const entries = bound.map((one, binding) => ({ binding, resource: this.#bindingOf(one) }));
    const group = backend.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    // What was read back of them before is no longer so.
    for (const tensor of written) backend.tensorMap.get(tensor.dataId).values = null;
    backend.ensureCommandEncoderReady();
    backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass();
    const pass = backend.computePassEncoder;
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...inRows(Math.ceil(invocations / workgroup)));
    backend.dispatchCountInPass++;
    if (backend.dispatchCountInPass < this.#tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) return;
    backend.endComputePassEncoder();
    backend.submitQueue();
  }

  #bindingOf(one: Bound): GPUBufferBinding {
    if ('tensor' in one)
      return { buffer: this.#bufferOf(one.tensor), offset: floatBytes * one.from, size: floatBytes * one.size };
    return { buffer: 'dataId' in one ? this.#bufferOf(one) : one };
  }

  #bufferOf({ dataId }: Tensor): GPUBuffer {
    const backend = this.#backend;
    backend.uploadToGPU(dataId);
    backend.commandQueueOwnedIds.add(dataId);
    return backend.tensorMap.get(dataId).resource;
  }

  #pipelineOf(code: string): GPUComputePipeline {
    const known = this.#pipelines.get(code);
    if (known !== undefined) return known;
    const { device } = this.#backend;
    const compute = { module: device.createShaderModule({ code }), entryPoint: 'main' };
    const made = device.createComputePipeline({ layout: 'auto', compute });
    this.#pipelines.set(code, made);
    return made;
  }
}
