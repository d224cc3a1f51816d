import { Type } from '@sinclair/typebox';
import { type LayerItem, type LayerPlace, type LayerProblem, LayerSchema, readLayerList } from './layer-spec.js';
import { formatNotation, parseNotation } from './notation.js';
import { type NetworkName, type NetworkPlan, networkNames, presetPlan } from './presets.js';

/** `network:` of a pipeline file. */
export const NetworkSchema = Type.Union(
  [
    ...networkNames.map((name) => Type.Literal(name)),
    Type.String({
      description:
        'A network in the paper’s notation, such as 16C5-P2-32C5v-P2-256: 16C5 is a convolution of 16 channels and ' +
        '5×5, v without padding, /2 a stride, *3 three of them; P2 a learned 2×2 convolution of stride 2; 256 a dense ' +
        'layer. The last layer, to the classes, is implied.',
    }),
    Type.Array(LayerSchema, { minItems: 1, description: 'A network, layer by layer; the last one is implied.' }),
  ],
  {
    title: `${networkNames.join(', ')}, a notation such as 16C5-P2-256, or a list of layers`,
    description: 'A network of the paper, one in its notation such as 16C5-P2-256, or a list of layers.',
  },
);

/** What a pipeline file says a network is. */
export type NetworkText = string | readonly LayerItem[];

/** A network plan, with the places that say its layers; those of a preset have none. */
export type ReadPlan = NetworkPlan & { readonly places: readonly LayerPlace[] };

/** Reads `network:`. Gives the plan, or the first thing that is wrong with it. */
export function readNetwork(said: NetworkText): ReadPlan | LayerProblem {
  if (isPreset(said)) return { ...presetPlan(said), places: [] };
  if (typeof said === 'string' && /^[a-z]+$/i.test(said))
    return {
      message: `There is no network "${said}"`,
      hint: `there are ${networkNames.join(' and ')}; others are written as in the paper, such as 16C5-P2-256, or as a list of layers`,
      place: { start: 0, end: said.length },
    };
  const read = typeof said === 'string' ? parseNotation(said) : readLayerList(said);
  return 'message' in read ? read : { name: formatNotation(read.layers), ...read };
}

function isPreset(said: NetworkText): said is NetworkName {
  return networkNames.some((name) => name === said);
}
