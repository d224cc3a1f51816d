import { knownDataset } from '../data/known.js';
import type { Shape } from '../network/architecture.js';
import type { LayerPlace } from '../network/layer-spec.js';
import { type NetworkText, readNetwork } from '../network/network-parameter.js';
import { inputShape, shapeProblem } from '../network/presets.js';
import type { InputOrigin, ParameterProblem } from '../stage/definition.js';

/** What is wrong with a network, by itself and for the images of a data set that is known. */
export function networkProblems(
  network: NetworkText,
  crop: number | undefined,
  data: InputOrigin | undefined,
): readonly ParameterProblem[] {
  const plan = readNetwork(network);
  const at = (place: LayerPlace | undefined) =>
    place === undefined ? {} : 'path' in place ? { path: place.path } : { part: place };
  if ('message' in plan) {
    const { message, hint, place } = plan;
    return [{ parameter: 'network', message, ...(hint === undefined ? {} : { hint }), ...at(place) }];
  }
  const images = imageShape(data);
  if (images === undefined) return [];
  const side = crop ?? plan.crop;
  const about = `the images of ${String(data?.parameters.name)} are ${images.join('×')}`;
  if (side !== undefined && side > Math.min(images[0], images[1]))
    return [{ parameter: 'crop', message: `A crop of ${side}×${side} is larger than the images: ${about}` }];
  const input = inputShape(images, side);
  const problem = shapeProblem(plan.layers, input);
  if (problem === undefined) return [];
  const message = `The network can't take ${input.join('×')} images: ${problem.message}`;
  return [{ parameter: 'network', message, hint: about, ...at(plan.places[problem.layer]) }];
}

/** The shape of the images that an input holds, where the pipeline says so. */
function imageShape(data: InputOrigin | undefined): Shape | undefined {
  if (data?.uses !== 'dataset') return undefined;
  const { name, shape } = data.parameters;
  return knownDataset(name)?.shape ?? (shape as Shape | undefined);
}
