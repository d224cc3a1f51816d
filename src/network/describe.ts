import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { unreachable } from '../unreachable.js';
import type { Convolution, Network, NetworkLayer } from './architecture.js';
import { chainLayers, classifierName, convolutionOutput } from './layers.js';
import { precisionProblem } from './precision.js';

const Size = Type.Integer({ minimum: 1 });
const Pad = Type.Integer({ minimum: 0 });
const ShapeSchema = Type.Tuple([Size, Size, Size]);

const PerChannel = (options: object) => Type.Array(Type.Number(options), { minItems: 1 });

/** How pixels become inputs, as descriptions of networks have it. */
export const preprocessingProperties = {
  preprocessing: Type.Optional(Type.Union([Type.Literal('scaled'), Type.Literal('crops')])),
  normalise: Type.Optional(Type.Object({ mean: PerChannel({}), std: PerChannel({ exclusiveMinimum: 0 }) })),
};

type PreprocessingPart = Pick<Network, 'preprocessing' | 'normalise'>;
/** The same, where what is left out may be said to be undefined. */
type GivenPreprocessing = { readonly [K in keyof PreprocessingPart]?: PreprocessingPart[K] | undefined };

/** Where a convolution reads and what it leaves: what ANN and SNN have in common. */
export const GeometrySchema = Type.Object({
  name: Type.String({ minLength: 1 }),
  kernel: Type.Tuple([Size, Size]),
  stride: Size,
  padding: Type.Tuple([Pad, Pad]),
  input: ShapeSchema,
  output: ShapeSchema,
});
export type Geometry = Static<typeof GeometrySchema>;

const NetworkSchema = Type.Object({
  name: Type.String(),
  input: ShapeSchema,
  ...preprocessingProperties,
  classes: Size,
  precision: Type.Union([
    Type.Object({ kind: Type.Literal('fp32') }),
    Type.Object({ kind: Type.Literal('quantised'), k: Type.Integer(), B: Type.Integer() }),
  ]),
  layers: Type.Array(
    Type.Intersect([
      GeometrySchema,
      Type.Object({ weights: Type.Union([Type.Literal('float'), Type.Literal('ternary')]) }),
    ]),
    { minItems: 1 },
  ),
});

/** The fields of a layer's geometry in one fixed order, so that descriptions of equal layers are equal bytes. */
export function describeGeometry(layer: Geometry | Convolution): Geometry {
  const { name, kernel, stride, padding, input, output } = layer;
  return { name, kernel: [...kernel], stride, padding: [...padding], input: [...input], output: [...output] };
}

/** The preprocessing of a network where it is not the usual one. */
export function describePreprocessing({ preprocessing, normalise }: GivenPreprocessing): PreprocessingPart {
  return {
    ...(preprocessing === 'crops' ? { preprocessing } : {}),
    ...(normalise === undefined ? {} : { normalise: { mean: [...normalise.mean], std: [...normalise.std] } }),
  };
}

/** A network as JSON, the same text for the same network. */
export function encodeNetwork(network: Network): string {
  const { name, input, classes, precision } = network;
  return JSON.stringify({
    name,
    input,
    ...describePreprocessing(network),
    classes,
    precision: precision.kind === 'fp32' ? { kind: 'fp32' } : { kind: 'quantised', k: precision.k, B: precision.B },
    layers: network.layers.flatMap(describeLayer),
  });
}

/** A layer as files have it: which one reads the image, and the classifier, follow from the rest. */
function describeLayer(layer: NetworkLayer): Static<typeof NetworkSchema>['layers'] {
  switch (layer.kind) {
    case 'convolution':
      return [{ ...describeGeometry(layer), weights: layer.weights }];
    case 'classifier':
      return [];
    default:
      return unreachable(layer);
  }
}

/** Reads a network back. Gives the network, or one sentence on what is wrong with the text. */
export function decodeNetwork(json: string | undefined): Network | string {
  const value = parseJson(json);
  if (!Value.Check(NetworkSchema, value)) return describeMismatch(value);
  const problem = precisionProblem(value.precision) ?? chainProblem(value.layers, value.input);
  return problem ?? { ...value, layers: chainLayers(value.layers, value.input, value.classes) };
}

/** JSON, or undefined for what is none. */
export function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first problem with layers that don't follow on each other, or lack the output sizes that their kernels give. */
export function chainProblem(layers: readonly Geometry[], input: readonly number[]): string | undefined {
  let shape: readonly number[] = input;
  for (const layer of layers) {
    if (layer.input.join() !== shape.join())
      return `the layer "${layer.name}" takes ${layer.input.join('×')}, but is given ${shape.join('×')}`;
    const expected = [...convolutionOutput(layer), layer.output[2]];
    if (layer.output.join() !== expected.join())
      return `the layer "${layer.name}" claims an output of ${layer.output.join('×')} instead of ${expected.join('×')}`;
    shape = layer.output;
  }
  const names = new Set(layers.map(({ name }) => name));
  return names.size === layers.length && !names.has(classifierName)
    ? undefined
    : 'two of its layers have the same name';
}

function describeMismatch(value: unknown): string {
  if (value === undefined) return 'it does not describe its network';
  const error = Value.Errors(NetworkSchema, value).First();
  return `the description of its network is wrong at "${error?.path.slice(1).replaceAll('/', '.') ?? ''}"`;
}
