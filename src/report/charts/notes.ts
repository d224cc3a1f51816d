import { grouped } from '../numbers/format.js';
import type { ChartForm } from './style.js';

/** The subtitle from its parts, those left out that do not apply. */
export function subtitle(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

/** `1,000 test images`, or nothing where results differ in it. */
export function imagesNote(results: readonly { readonly images: number }[]): string | undefined {
  const [count, ...others] = new Set(results.map(({ images }) => images));
  return count === undefined || others.length > 0 ? undefined : `${grouped(count)} test images`;
}

/** What stands under the axis of precisions. */
export const precisionAxisName = (form: ChartForm): string =>
  form === 'narrow' ? 'precision' : 'precision (2ᵏ levels per unit, activations clipped at B)';
