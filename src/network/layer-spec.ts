import { type Static, Type } from '@sinclair/typebox';

/** A convolution of a network that has not been given its input yet: shapes follow from that. */
export type LayerSpec = (
  | ({ readonly kind: 'conv'; readonly channels: number; readonly kernel: number } & Placement)
  /** The paper's "P2": not a pooling but a learned convolution whose stride is its kernel. It keeps the channels. */
  | { readonly kind: 'downsample'; readonly kernel: number }
  /** Every neuron sees the whole map: a convolution that covers it. */
  | { readonly kind: 'dense'; readonly channels: number }
) & {
  /** Float weights although the layer is not the first. */
  readonly float: boolean;
};

interface Placement {
  readonly padding: 'same' | 'valid';
  readonly stride: number;
}

const most = { channels: 8192, kernel: 255, layers: 200 } as const;

const channels = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: most.channels, description }));

/** A layer as an item of a YAML list. */
export const LayerSchema = Type.Object(
  {
    conv: channels('A convolution with this many channels; it needs `kernel`.'),
    downsample: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: most.kernel,
        description: 'A learned convolution of this kernel and stride that keeps the channels: the paper’s P2 is 2.',
      }),
    ),
    dense: channels('A dense layer of this many neurons.'),
    kernel: Type.Optional(
      Type.Integer({ minimum: 1, maximum: most.kernel, description: 'Height and width of a convolution’s kernel.' }),
    ),
    padding: Type.Optional(
      Type.Union([Type.Literal('same'), Type.Literal('valid')], {
        description: 'same (default): zeros around the map, so that it keeps its size at stride 1; valid: none.',
      }),
    ),
    stride: Type.Optional(
      Type.Integer({ minimum: 1, maximum: most.kernel, description: 'Step of a convolution; 1 if left out.' }),
    ),
    weights: Type.Optional(
      Type.Union([Type.Literal('ternary'), Type.Literal('float')], {
        description: 'ternary (default), or float as the first layer always is; float ones can’t be converted.',
      }),
    ),
    repeat: Type.Optional(
      Type.Integer({ minimum: 1, maximum: most.layers, description: 'This many of them, one after the other.' }),
    ),
  },
  { additionalProperties: false, description: 'A layer.' },
);
export type LayerItem = Static<typeof LayerSchema>;

/** Something wrong with the description of a network. */
export interface LayerProblem {
  readonly message: string;
  readonly hint?: string;
  /** Where it is said: a path in a list, or characters of a notation. */
  readonly place: LayerPlace;
}

export type LayerPlace =
  | { readonly path: readonly (string | number)[] }
  | { readonly start: number; readonly end: number };

/** Layers in order, each with the place that says it. */
export interface PlacedLayers {
  readonly layers: readonly LayerSpec[];
  readonly places: readonly LayerPlace[];
}

/** Layers from a YAML list that fits the schema, or the first thing that is wrong with it. */
export function readLayerList(items: readonly LayerItem[]): PlacedLayers | LayerProblem {
  const layers: LayerSpec[] = [];
  const places: LayerPlace[] = [];
  for (const [index, item] of items.entries()) {
    const problem = itemProblem(item, index);
    if (problem !== undefined) return problem;
    const spec = readItem(item);
    for (let i = 0; i < (item.repeat ?? 1); i++) {
      layers.push(spec);
      places.push({ path: [index] });
    }
    const wrong = specProblem(spec, layers.length, { path: [index] });
    if (wrong !== undefined) return wrong;
  }
  return { layers, places };
}

const kinds = ['conv', 'downsample', 'dense'] as const;

function itemProblem(item: LayerItem, index: number): LayerProblem | undefined {
  const problem = (message: string, key?: string, hint?: string): LayerProblem => ({
    message,
    ...(hint === undefined ? {} : { hint }),
    place: { path: key === undefined ? [index] : [index, key] },
  });
  const said = kinds.filter((kind) => item[kind] !== undefined);
  if (said.length !== 1)
    return problem(
      said.length === 0
        ? 'A layer is one of `conv`, `downsample` and `dense`'
        : `A layer is ${said.join(' or ')}, not both`,
      said[1],
      'such as { conv: 16, kernel: 5 }, { downsample: 2 } or { dense: 256 }',
    );
  if (item.conv === undefined) {
    const surplus = (['kernel', 'padding', 'stride'] as const).find((key) => item[key] !== undefined);
    return surplus && problem(`\`${surplus}\` belongs to \`conv\`, not to \`${said[0]}\``, surplus, 'remove it');
  }
  if (item.kernel === undefined)
    return problem('A convolution needs `kernel`, its height and width', undefined, 'such as kernel: 3');
  if (index === 0 && item.weights === 'ternary')
    return problem('The first layer turns pixels into spikes: its weights are float', 'weights', 'remove it');
  return undefined;
}

function readItem({ conv, downsample, dense, kernel, padding = 'same', stride = 1, weights }: LayerItem): LayerSpec {
  const float = weights === 'float';
  if (conv !== undefined) return { kind: 'conv', channels: conv, kernel: kernel!, padding, stride, float };
  if (downsample !== undefined) return { kind: 'downsample', kernel: downsample, float };
  return { kind: 'dense', channels: dense!, float };
}

/** Rules that hold for layers however they are written. @param count layers so far, this one included */
export function specProblem(spec: LayerSpec, count: number, place: LayerPlace): LayerProblem | undefined {
  if (count > most.layers) return { message: `A network has at most ${most.layers} layers`, place };
  if ('channels' in spec && spec.channels > most.channels)
    return { message: `A layer has at most ${most.channels} channels`, place };
  if (spec.kind === 'dense') return undefined;
  if (spec.kernel > most.kernel) return { message: `A kernel is at most ${most.kernel} wide`, place };
  if (spec.kind === 'conv' && spec.padding === 'same' && spec.kernel % 2 === 0)
    return {
      message: `A kernel of ${spec.kernel}×${spec.kernel} has no middle: it can't keep the map's size`,
      hint: 'choose an odd kernel, or no padding: `padding: valid`, in the notation such as 16C4v',
      place,
    };
  return undefined;
}
