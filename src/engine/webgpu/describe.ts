import { UserError } from '../../error.js';
import { formatSize } from '../../schema/size.js';
import { askProbe } from '../probe.js';
import { choiceVariable, choosing } from '../processor-choice.js';
import type { WebGpuDescription } from './library.js';

/** By what chooses among them. */
const known = new Map<string | undefined, Promise<WebGpuDescription>>();

/**
 * Which graphics processor there is, found out in another process, and once for each choice.
 * @param ofStage what a stage says of its name
 * @throws {UserError} E_ENGINE when there is none, or its driver or a package doesn't load; E_GPU_CHOICE when there are others
 */
export function describeWebGpu(ofStage?: string): Promise<WebGpuDescription> {
  const choice = choosing(ofStage)[choiceVariable];
  const found = known.get(choice) ?? ask(ofStage);
  known.set(choice, found);
  return found;
}

function ask(ofStage: string | undefined): Promise<WebGpuDescription> {
  return askProbe(
    'webgpu-probe.js',
    (end) =>
      new UserError(
        'E_ENGINE',
        `WebGPU can't be used on this machine: it ended the process that loaded it ${end}.`,
        'A newer driver may help. Or leave out --engine.',
      ),
    choosing(ofStage),
  );
}

/** `NVIDIA H200, 580.65.06; tensors up to 2 GB (webgpu 0.6.2, @tensorflow/tfjs-backend-webgpu 4.22.0)` */
export function webGpuText({ packages, adapter, largestTensor }: WebGpuDescription): string {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return `${adapter}; tensors up to ${formatSize(largestTensor)} (${versions.join(', ')})`;
}

/** How to choose another one, where there are several. */
export function choiceText({ choices }: Pick<WebGpuDescription, 'choices'>): string | undefined {
  if (choices.length < 2) return undefined;
  return `${choiceVariable} chooses by name or number: ${choices.map((name, i) => `${i + 1} ${name}`).join(', ')}`;
}
