// Who takes part in the engine's benchmark: each can make steps on a batch, one after the other, and says how many seconds one took.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCompiler } from '../../src/engine/wasm/native/compiler.js';
import { levelsHere } from '../../src/engine/wasm/native/level.js';
import { packageRoot } from '../../src/paths.js';
import type { NetworkName, OwnTask } from './engine-steps.js';
import { startTurns } from './turns.js';

export interface Contender {
  readonly name: string;
  /** Seconds of a step, of those of a turn. */
  step(): number | Promise<number>;
  close(): void | Promise<void>;
}

/** A contender in a process of its own. */
export interface ProcessContender extends Contender {
  /** Its largest resident set so far. Linux only. */
  peakBytes(): number;
}

/** How large, on how many threads. */
export interface Ask {
  readonly network: NetworkName;
  readonly threads: number;
  readonly batch: number;
}

/**
 * The level of processors that the native kernels are measured at: the machine's best, or the one that SPIKELINE_BENCH_LEVEL
 * names. PyTorch is held to the same. Undefined where there is no C compiler.
 */
export const level =
  process.env.SPIKELINE_BENCH_LEVEL ?? ('missing' in findCompiler() ? undefined : levelsHere().at(-1)?.name);
/** As PyTorch and oneDNN call the level. */
const torchLevels: Readonly<Record<string, NodeJS.ProcessEnv>> = {
  'x86-64-v2': { ATEN_CPU_CAPABILITY: 'default', ONEDNN_MAX_CPU_ISA: 'SSE41' },
  'x86-64-v3': { ATEN_CPU_CAPABILITY: 'avx2', ONEDNN_MAX_CPU_ISA: 'AVX2' },
};
const forced = process.env.SPIKELINE_BENCH_LEVEL === undefined ? {} : torchLevels[level ?? ''];

/**
 * Whether PyTorch has instructions for bfloat16 here. Without them it takes some ten times as long as in single precision
 * (measured on AVX2: 8 images of VGG a second in training instead of 86), which nobody would use, and minutes a step.
 */
export const bfloat16Here =
  level?.startsWith('x86-64-v4') &&
  /\b(avx512_bf16|amx_bf16)\b/.test(existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '');

const titles: Readonly<Record<OwnTask, string>> = {
  float32: 'k1B2, float32 gradients',
  int16: 'k1B2, int16 gradients',
  fp32: 'fp32',
  ann: 'k1B2, ANN in floating point',
  spiking: 'k1B2, spiking',
  noisy: 'k1B2, spiking, noise 0.1',
};

/** @param kernels `wasm`, or a level of processors; the machine's best if nothing is said */
export async function ownContender(task: OwnTask, ask: Ask, kernels = level ?? 'wasm'): Promise<ProcessContender> {
  const { network, threads, batch } = ask;
  const options = [ownScript, network, task, String(threads), String(batch), kernels];
  const contender = await otherProcess(process.execPath, options, () => `${titles[task]}; ${kernels}`);
  if (contender === undefined) throw new Error(`${kernels} can't be measured here: node ${options.join(' ')}`);
  return contender;
}
const ownScript = join(packageRoot, '.build/dev/bench-own.js');

/** What PyTorch does, and how. */
export interface TorchAsk extends Ask {
  readonly precision: 'k1B2' | 'fp32';
  /** `prepared`: inference with weights made ternary and batch norm folded into them beforehand. */
  readonly task: 'train' | 'infer' | 'prepared';
  readonly mode: 'eager' | 'compile';
  readonly type: 'float32' | 'bf16';
}

/** PyTorch in a process of its own; undefined where it can't run. */
export function torchContender(python: string, ask: TorchAsk): Promise<ProcessContender | undefined> {
  const { network, precision, task, threads, batch, mode, type } = ask;
  const options = [network, precision, task, String(threads), String(batch), mode, type];
  const how = [precision, type, ...(task === 'prepared' ? [task] : []), mode].join(', ');
  const script = join(packageRoot, 'test/peers/torch_steps.py');
  return otherProcess(python, [script, ...options], (version) => `PyTorch ${version}, ${how}`, forced);
}

/** The TensorFlow engine in a process of its own; undefined where its library is not installed. */
export function tensorFlowContender(task: 'training' | 'inference', ask: Ask): Promise<ProcessContender | undefined> {
  const script = join(packageRoot, '.build/dev/bench-tensorflow.js');
  const options = [ask.network, task, String(ask.threads), String(ask.batch)];
  return otherProcess(process.execPath, [script, ...options], (version) => `TensorFlow ${version}, k1B2 in floats`);
}

/** A program that has a turn for each line that it reads, and prints a step's seconds. */
async function otherProcess(
  command: string,
  options: readonly string[],
  title: (version: string) => string,
  variables: NodeJS.ProcessEnv = {},
): Promise<ProcessContender | undefined> {
  const other = await startTurns(command, options, variables);
  if (other === undefined) return undefined;
  return {
    name: title(other.version),
    step: async () => Number(await other.turn()),
    peakBytes() {
      const status = readFileSync(`/proc/${other.pid}/status`, 'utf8');
      return 1024 * Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)![1]);
    },
    close: other.close,
  };
}
