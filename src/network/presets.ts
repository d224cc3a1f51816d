import type { Normalisation } from '../data/augment.js';
import { UserError } from '../error.js';
import { unreachable } from '../unreachable.js';
import type { Convolution, Network, Precision, Preprocessing, Shape } from './architecture.js';
import { describePreprocessing } from './describe.js';
import type { LayerSpec } from './layer-spec.js';
import { type BlockDescription, chainLayers, convolutionOutput } from './layers.js';
import { layerNotation, parseNotation } from './notation.js';
import { checkPrecision } from './precision.js';

/** Networks of the paper that can be asked for by name. */
export const networkNames = ['lenet', 'vgg'] as const;
export type NetworkName = (typeof networkNames)[number];

/** A network that has not been given its input, classes and precision yet. */
export interface NetworkPlan {
  /** A preset's name, or the notation. */
  readonly name: string;
  readonly layers: readonly LayerSpec[];
  /** Side of the square crops that the network is made for; whole images if left out. */
  readonly crop?: number;
}

interface Preset {
  readonly notation: string;
  readonly input: Shape;
  readonly crop?: number;
}

const presets: Readonly<Record<NetworkName, Preset>> = {
  // The authors' README has 16C5-P2-16C5-P2-256, which leaves out what their program does.
  lenet: { notation: '16C5-16C5v-P2-32C5v-P2-256C4v', input: [28, 28, 1] },
  // 64C3*2-2P2-128C3*2-P2-256C3*2-P2-512C3-512 there.
  vgg: { notation: '64C3*3-P2-128C3*2-P2-256C3*2-P2-512C3-512C3v', input: [24, 24, 3], crop: 24 },
};

export function presetPlan(name: NetworkName): NetworkPlan {
  const { notation, crop } = presets[name];
  const parsed = parseNotation(notation);
  if ('message' in parsed) throw new TypeError(parsed.message);
  return { name, layers: parsed.layers, ...(crop === undefined ? {} : { crop }) };
}

/** What a network of the paper takes there: whole images, or crops; undefined for any other network. */
export function presetInput(network: unknown): Shape | undefined {
  return networkNames.some((name) => name === network) ? presets[network as NetworkName].input : undefined;
}

/** The input shape of a network on images of this shape: its crops, or the whole image. */
export function inputShape([height, width, channels]: Shape, crop: number | undefined): Shape {
  return crop === undefined ? [height, width, channels] : [crop, crop, channels];
}

type LayerGeometry = Omit<Convolution, 'name'>;

/** A layer on a map of this shape. Sizes of its output are below 1 where its kernel is larger than the map. */
function placed(spec: LayerSpec, input: Shape): LayerGeometry {
  const [height, width, channels] = input;
  const convolution = (kernel: Convolution['kernel'], stride: number, pad: number, outChannels: number) => {
    const geometry = { kernel, stride, padding: [pad, pad], input } as const;
    return { ...geometry, output: [...convolutionOutput(geometry), outChannels] } as const;
  };
  switch (spec.kind) {
    case 'conv': {
      const pad = spec.padding === 'same' ? (spec.kernel - 1) / 2 : 0;
      return convolution([spec.kernel, spec.kernel], spec.stride, pad, spec.channels);
    }
    case 'downsample':
      return convolution([spec.kernel, spec.kernel], spec.kernel, 0, channels);
    case 'dense':
      return convolution([height, width], 1, 0, spec.channels);
    default:
      return unreachable(spec);
  }
}

/** The first layer that can't take what it is given when the images have this shape. */
export function shapeProblem(
  layers: readonly LayerSpec[],
  input: Shape,
): { readonly layer: number; readonly message: string } | undefined {
  let shape = input;
  for (const [layer, spec] of layers.entries()) {
    const { kernel, output } = placed(spec, shape);
    if (output[0] < 1 || output[1] < 1) {
      const given = `${shape.join('×')}, and its kernel is ${kernel.join('×')}`;
      return { layer, message: `layer ${layer + 1}, ${layerNotation(spec)}, is given ${given}` };
    }
    shape = output;
  }
  return undefined;
}

/** What a layer of neurons is called, by its place from 0 on. */
export const blockName = (index: number): string => `conv${index + 1}`;

export interface NetworkOptions {
  readonly input: Shape;
  readonly classes: number;
  readonly precision: Precision;
  readonly preprocessing?: Preprocessing;
  readonly normalise?: Normalisation | undefined;
}

/**
 * A network with all its shapes. Every convolution is ternary but the first (pixel-to-spike encoding) and those that are
 * float by themselves; at fp32 all are float.
 * @throws {UserError} E_NETWORK when the input is too small for the network, E_PRECISION for an impossible k or B.
 */
export function buildNetwork(plan: Pick<NetworkPlan, 'name' | 'layers'>, options: NetworkOptions): Network {
  const { input, classes, precision } = options;
  checkPrecision(precision);
  for (const [what, values] of Object.entries(options.normalise ?? {}))
    if (values.length !== input[2])
      throw new UserError(
        'E_NETWORK',
        `\`normalise\` has ${values.length} values of \`${what}\`, but the images have ${input[2]} channels.`,
        'Give one value per channel.',
      );
  const problem = shapeProblem(plan.layers, input);
  if (problem !== undefined)
    throw new UserError(
      'E_NETWORK',
      `The network "${plan.name}" can't take ${input.join('×')} images: ${problem.message}.`,
      'Use larger images, or a network that shrinks them less.',
    );
  let shape = input;
  const blocks = plan.layers.map((spec, index): BlockDescription => {
    const geometry = placed(spec, shape);
    shape = geometry.output;
    const weights = precision.kind === 'fp32' || index === 0 || spec.float ? 'float' : 'ternary';
    return { name: blockName(index), ...geometry, weights };
  });
  return {
    name: plan.name,
    input,
    classes,
    precision,
    ...describePreprocessing(options),
    layers: chainLayers(blocks, input, classes),
  };
}

/** A network of the paper, by default for the paper's images. @throws {UserError} as {@link buildNetwork} */
export function network(
  name: NetworkName,
  options: Pick<NetworkOptions, 'precision' | 'normalise'> & Partial<Pick<NetworkOptions, 'input' | 'classes'>>,
): Network {
  const { input = presets[name].input, classes = 10 } = options;
  const plan = presetPlan(name);
  const preprocessing = plan.crop === undefined ? 'scaled' : 'crops';
  return buildNetwork(plan, { ...options, input, classes, preprocessing });
}
