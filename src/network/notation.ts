// Networks as the paper writes them, made unambiguous:
//
//   network = layer { "-" layer }
//   layer   = CHANNELS "C" KERNEL [ "v" ] [ "f" ] [ "/" STRIDE ] [ "*" TIMES ]   convolution
//           | [ TIMES ] "P" KERNEL [ "f" ] [ "*" TIMES ]                          learned downsampling
//           | NEURONS [ "f" ] [ "*" TIMES ]                                       each neuron sees the whole map
//
// Convolutions keep the map's size ("SAME") unless "v" says "VALID"; "f" gives a hidden layer float weights. The dense
// layer to the classes is implied.
import { unreachable } from '../unreachable.js';
import { type LayerProblem, type LayerSpec, type PlacedLayers, specProblem } from './layer-spec.js';

const example = 'write a layer as 16C5 (16 channels, 5×5), 16C5v (without padding), P2 (halves the map) or 256 (dense)';

/** Layers from a notation, or the first thing that is wrong with it. */
export function parseNotation(text: string): PlacedLayers | LayerProblem {
  const layers: LayerSpec[] = [];
  const places: { readonly start: number; readonly end: number }[] = [];
  let start = 0;
  for (const part of text.split('-')) {
    const trimmed = part.trim();
    const from = start + part.indexOf(trimmed);
    const place = { start: from, end: Math.max(from + trimmed.length, from) };
    start += part.length + 1;
    const read = readPart(trimmed);
    if (typeof read === 'string') {
      const shown =
        place.end > place.start ? place : { start: Math.max(0, from - 1), end: Math.min(text.length, from + 1) };
      return { message: read, hint: example, place: shown };
    }
    for (let i = 0; i < read.times; i++) {
      layers.push(read.spec);
      places.push(place);
      const wrong = specProblem(read.spec, layers.length, place);
      if (wrong !== undefined) return wrong;
    }
  }
  return { layers, places };
}

const forms = {
  conv: /^(?<channels>\d+)C(?<kernel>\d+)(?<flags>v?f?|fv)(?:\/(?<stride>\d+))?(?:\*(?<times>\d+))?$/i,
  downsample: /^(?<before>\d*)P(?<kernel>\d+)(?<flags>f?)(?:\*(?<times>\d+))?$/i,
  dense: /^(?<channels>\d+)(?<flags>f?)(?:\*(?<times>\d+))?$/i,
} as const satisfies Readonly<Record<LayerSpec['kind'], RegExp>>;

/** One layer, and how often; or what is wrong with it. */
function readPart(part: string): { readonly spec: LayerSpec; readonly times: number } | string {
  if (part === '') return 'A layer is missing here';
  for (const [kind, form] of Object.entries(forms)) {
    const groups = form.exec(part)?.groups;
    if (groups === undefined) continue;
    const numbers = Object.entries(groups).filter(([, value]) => /^\d/.test(value ?? ''));
    if (numbers.some(([, value]) => Number(value) < 1)) return `"${part}" has a 0: its numbers must be 1 or more`;
    const number = (name: string) => Number(groups[name] || 1);
    const float = /f/i.test(groups.flags ?? '');
    const times = number('times') * number('before');
    const [channels, kernel] = [number('channels'), number('kernel')];
    if (kind === 'dense') return { spec: { kind, channels, float }, times };
    if (kind === 'downsample') {
      if (kernel < 2) return `"${part}" would leave the map as large as it is`;
      return { spec: { kind, kernel, float }, times };
    }
    const padding = /v/i.test(groups.flags ?? '') ? 'valid' : 'same';
    return { spec: { kind: 'conv', channels, kernel, padding, stride: number('stride'), float }, times };
  }
  return `"${part}" is not a layer`;
}

/** A layer in the notation. */
export function layerNotation(spec: LayerSpec): string {
  const float = spec.float ? 'f' : '';
  switch (spec.kind) {
    case 'dense':
      return `${spec.channels}${float}`;
    case 'downsample':
      return `P${spec.kernel}${float}`;
    case 'conv': {
      const valid = spec.padding === 'valid' ? 'v' : '';
      return `${spec.channels}C${spec.kernel}${valid}${float}${spec.stride === 1 ? '' : `/${spec.stride}`}`;
    }
    default:
      return unreachable(spec);
  }
}

/** Layers in the notation, the same text for the same layers, however they were written. */
export function formatNotation(layers: readonly LayerSpec[]): string {
  const parts: { readonly text: string; times: number }[] = [];
  for (const layer of layers) {
    const text = layerNotation(layer);
    const last = parts.at(-1);
    if (last?.text === text) last.times++;
    else parts.push({ text, times: 1 });
  }
  return parts.map(({ text, times }) => (times === 1 ? text : `${text}*${times}`)).join('-');
}
