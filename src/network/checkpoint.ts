import { UserError } from '../error.js';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../formats/safetensors.js';
import { areFinite } from '../formats/shape.js';
import type { Network } from './architecture.js';
import { decodeNetwork, encodeNetwork, parseJson } from './describe.js';
import type { AdamState, OptimiserState } from './optimiser.js';
import { type ParameterShape, parameterShapes } from './parameters.js';

/** A network in training, at the end of an epoch. */
export interface Checkpoint {
  readonly network: Network;
  /** Every tensor of `parameterShapes(network)` by name; ternary layers hold their latent float weights. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly optimizer?: OptimiserState;
  /** Epochs done. With the seed it is all the random state there is: random numbers are counter-based. */
  readonly epoch: number;
  readonly seed: number;
  /** Notes on the training so far, as JSON values. */
  readonly training?: unknown;
}

const format = 'spikeline-checkpoint/1';

/** A checkpoint as a safetensors file: tensors `conv1.weight`, `adam.m.conv1.weight` or `sgd.m.…`, …; the rest as metadata. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { network, parameters, optimizer, epoch, seed, training } = checkpoint;
  const tensors = new Map<string, Tensor>();
  const add = (prefix: string, shapes: readonly ParameterShape[], values: ReadonlyMap<string, Float32Array>) => {
    for (const { name, shape } of shapes) {
      const data = values.get(name);
      if (data === undefined) throw new TypeError(`the checkpoint lacks ${prefix}${name}`);
      tensors.set(prefix + name, { shape, data });
    }
  };
  const shapes = parameterShapes(network);
  const metadata: Record<string, string> = {
    format,
    network: encodeNetwork(network),
    epoch: JSON.stringify(epoch),
    seed: JSON.stringify(seed),
  };
  add('', shapes, parameters);
  if (optimizer !== undefined) {
    const trainable = shapes.filter((parameter) => parameter.trainable);
    add(`${optimizer.kind}.m.`, trainable, optimizer.m);
    if (optimizer.kind === 'adam') {
      add('adam.v.', trainable, optimizer.v);
      const { step, beta1Power, beta2Power } = optimizer;
      metadata.adam = JSON.stringify({ step, beta1Power, beta2Power });
    }
  }
  if (training !== undefined) metadata.training = JSON.stringify(sortKeys(training));
  return encodeSafetensors({ tensors, metadata });
}

/**
 * Reads a checkpoint and checks that it holds exactly the tensors its network needs.
 * @param label how messages call the file
 * @throws {UserError} E_CHECKPOINT, or E_SAFETENSORS for a damaged file
 */
export function decodeCheckpoint(bytes: Uint8Array, label: string): Checkpoint {
  const fail = (problem: string): never => {
    throw new UserError('E_CHECKPOINT', `${label} is not a checkpoint that can be used: ${problem}.`);
  };
  const { tensors, metadata } = decodeSafetensors(bytes, label);
  if (metadata.format !== format)
    fail(`its metadata name the format ${JSON.stringify(metadata.format ?? null)} instead of "${format}"`);
  const network = decodeNetwork(metadata.network);
  if (typeof network === 'string') return fail(network);

  const rest = new Set(tensors.keys());
  const take = (prefix: string, shapes: readonly ParameterShape[]): Map<string, Float32Array> => {
    const values = new Map<string, Float32Array>();
    for (const { name, shape } of shapes) {
      const tensor = tensors.get(prefix + name);
      if (tensor === undefined) return fail(`the tensor "${prefix}${name}" is missing`);
      if (!(tensor.data instanceof Float32Array)) return fail(`the tensor "${prefix}${name}" is not of type F32`);
      if (tensor.shape.join() !== shape.join())
        return fail(
          `the tensor "${prefix}${name}" has the shape [${tensor.shape.join(', ')}] instead of [${shape.join(', ')}]`,
        );
      if (!areFinite(tensor.data)) return fail(`the tensor "${prefix}${name}" holds NaN or infinity`);
      values.set(name, tensor.data);
      rest.delete(prefix + name);
    }
    return values;
  };
  const shapes = parameterShapes(network);
  const parameters = take('', shapes);
  const trainable = shapes.filter((parameter) => parameter.trainable);
  const hasVelocities = [...tensors.keys()].some((name) => name.startsWith('sgd.m.'));
  const optimizer: OptimiserState | undefined =
    metadata.adam !== undefined
      ? decodeAdam(metadata.adam, take, trainable, fail)
      : hasVelocities
        ? { kind: 'sgd', m: take('sgd.m.', trainable) }
        : undefined;
  for (const name of rest) fail(`its network has no tensor "${name}"`);
  checkVariances(parameters, fail);

  const whole = (name: 'epoch' | 'seed'): number => {
    const value = parseJson(metadata[name]);
    return Number.isSafeInteger(value) && (value as number) >= 0
      ? (value as number)
      : fail(`its metadata "${name}" are not a whole number`);
  };
  const training = parseJson(metadata.training);
  return {
    network,
    parameters,
    ...(optimizer === undefined ? {} : { optimizer }),
    epoch: whole('epoch'),
    seed: whole('seed'),
    ...(training === undefined ? {} : { training }),
  };
}

function decodeAdam(
  json: string,
  take: (prefix: string, shapes: readonly ParameterShape[]) => Map<string, Float32Array>,
  trainable: readonly ParameterShape[],
  fail: (problem: string) => never,
): AdamState {
  const value = parseJson(json) as Partial<Record<'step' | 'beta1Power' | 'beta2Power', unknown>> | null | undefined;
  const number = (name: 'step' | 'beta1Power' | 'beta2Power'): number => {
    const field = value?.[name];
    return typeof field === 'number' && Number.isFinite(field) ? field : fail(`its metadata "adam" lack "${name}"`);
  };
  const [step, beta1Power, beta2Power] = [number('step'), number('beta1Power'), number('beta2Power')];
  return { kind: 'adam', step, beta1Power, beta2Power, m: take('adam.m.', trainable), v: take('adam.v.', trainable) };
}

/** A negative running variance has no root: the file is wrong, and NaN would be the only sign of it later. */
function checkVariances(parameters: ReadonlyMap<string, Float32Array>, fail: (problem: string) => never): void {
  for (const [name, values] of parameters)
    if (name.endsWith('.variance') && values.some((value) => value < 0))
      fail(`the tensor "${name}" holds a negative variance`);
}

/** The same JSON value with the keys of all maps in order, so that equal notes are equal bytes. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}
