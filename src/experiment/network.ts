import type { Normalisation } from '../data/augment.js';
import type { Shape } from '../network/architecture.js';
import type { LayerPlace } from '../network/layer-spec.js';
import { type Block, blocksOf } from '../network/layers.js';
import { type NetworkText, readNetwork } from '../network/network-parameter.js';
import { buildNetwork, inputShape, shapeProblem } from '../network/presets.js';
import type { InputOrigin, ParameterProblem } from '../stage/definition.js';
import { imageShape } from './origin.js';

interface Planned {
  readonly network: NetworkText;
  readonly crop?: number | undefined;
  readonly normalise?: Normalisation | undefined;
  /** Height, width and channels, where they are said beside it. */
  readonly images?: readonly number[] | undefined;
}

/** What is wrong with a network, by itself and for the images of a data set that is known. */
export function networkProblems(
  { network, crop, normalise = { mean: [], std: [] }, images: said }: Planned,
  data: InputOrigin | undefined,
): readonly ParameterProblem[] {
  const plan = readNetwork(network);
  const at = (place: LayerPlace | undefined) =>
    place === undefined ? {} : 'path' in place ? { path: place.path } : { part: place };
  if ('message' in plan) {
    const { message, hint, place } = plan;
    return [{ parameter: 'network', message, ...(hint === undefined ? {} : { hint }), ...at(place) }];
  }
  const images = (said as Shape | undefined) ?? imageShape(data);
  if (images === undefined) return [];
  const side = crop ?? plan.crop;
  const whose = said === undefined ? `the images of ${String(data?.parameters.name)}` : 'the images';
  const about = `${whose} are ${images.join('×')}`;
  if (side !== undefined && side > Math.min(images[0], images[1]))
    return [{ parameter: 'crop', message: `A crop of ${side}×${side} is larger than the images: ${about}` }];
  for (const [name, { length }] of Object.entries(normalise))
    if (length > 0 && length !== images[2]) {
      const message = `\`normalise\` has ${length} values of \`${name}\`, but the images have ${images[2]} channels`;
      return [{ parameter: 'normalise', path: [name], message, hint: 'give one value per channel' }];
    }
  const input = inputShape(images, side);
  const problem = shapeProblem(plan.layers, input);
  if (problem === undefined) return [];
  const message = `The network can't take ${input.join('×')} images: ${problem.message}`;
  return [{ parameter: 'network', message, hint: about, ...at(plan.places[problem.layer]) }];
}

/** Batch norm has nothing to learn from one value a channel. @param blocks layers of neurons, with their output shapes */
export function oneImageProblem(
  blocks: readonly Pick<Block, 'name' | 'output'>[],
  batch: number,
): { readonly message: string; readonly hint: string } | undefined {
  const single = blocks.find(({ output: [height, width] }) => batch * height * width === 1);
  return (
    single && {
      message: `With one image per step, batch norm of the layer "${single.name}" sees one value per channel and makes it 0: nothing is learnt.`,
      hint: 'Choose a `batch` of 2 or more.',
    }
  );
}

interface Trained {
  readonly network?: NetworkText | undefined;
  readonly crop?: number | undefined;
}

/** What is wrong with a batch for what is known of network and images; `network` or a training that is gone on with. */
export function batchProblems(
  { network, crop, batch, heldOut }: Trained & { readonly batch: number; readonly heldOut: number },
  { data, checkpoint }: Readonly<Record<string, InputOrigin>>,
): readonly ParameterProblem[] {
  const most = (data?.parameters.subset as { readonly train?: number } | undefined)?.train;
  if (data?.uses === 'dataset' && most !== undefined && most - heldOut < batch)
    return [
      {
        parameter: 'batch',
        message: `There are ${Math.max(0, most - heldOut)} images to train on, fewer than the ${batch} of one batch`,
        hint: 'choose a smaller `batch`, hold out fewer images, or take more of them (`subset` of the data)',
      },
    ];
  const { network: said, crop: side } =
    network === undefined && checkpoint?.uses === 'train' ? (checkpoint.parameters as Trained) : { network, crop };
  const plan = said === undefined ? undefined : readNetwork(said);
  const images = imageShape(data);
  if (plan === undefined || 'message' in plan || images === undefined) return [];
  const input = inputShape(images, side ?? plan.crop);
  if (shapeProblem(plan.layers, input) !== undefined) return [];
  const shapes = buildNetwork(plan, { input, classes: 2, precision: { kind: 'fp32' } });
  const problem = oneImageProblem(blocksOf(shapes), batch);
  return problem === undefined ? [] : [{ parameter: 'batch', ...problem }];
}
