import { drawChart } from '../charts/render.js';
import type { Chart, Place } from '../charts/style.js';
import { colours, faint, ink, paper, rule } from '../look.js';
import { Html, html } from './html.js';

/** Colours of charts by the names of the page's CSS variables, which differ in light and dark. */
const variables = new Map<string, string>([
  ...Object.entries(colours).map(([name, hex]): [string, string] => [hex.toLowerCase(), name]),
  ...Object.entries({ ink, faint, rule, paper }).map(([name, hex]): [string, string] => [hex, name]),
]);

/** A series as the legend and the readout name it: what has its colour belongs to it. */
interface NamedColour {
  readonly colour: string;
  readonly name: string;
}

/**
 * A chart in the page, drawn for wide and for narrow screens. Without a script it is a picture with a legend; with it,
 * the legend's keys are switches, and values are read out.
 * @param id unique in the page
 * @param titled with the chart's title over it
 */
export async function figure(id: string, wide: Chart, narrow: Chart, titled: boolean): Promise<Html> {
  const keys = namedColours(wide);
  const places = wide.places ?? placesOf(wide);
  const readout = {
    keys: keys.map(({ colour, name }) => [colour, name]),
    places: places.map(({ title, values }) => [title, values]),
  };
  const legend = legendOf(keys);
  const shown = new Set(legend.map(({ colour }) => colour));
  const label = [wide.title, wide.subtitle.replaceAll('\n', ', ')].filter((part) => part !== '').join(': ');
  // What comes in a second line stands in the notes of the table.
  const note = wide.subtitle.split('\n')[0]!;
  const drawn = [
    await picture(`${id}-wide`, 'wide', wide, places, shown, label),
    await picture(`${id}-narrow`, 'narrow', narrow, places, shown, label),
  ];
  return html`<figure class="chart" id="${id}" data-readout="${JSON.stringify(readout)}">
${(titled || note !== '') && html`<figcaption>${titled && wide.title}${note !== '' && html`<small>${note}</small>`}</figcaption>`}
${
  legend.length > 1 &&
  html`<div class="legend">${legend.map(
    ({ colour, name }) =>
      html`<button type="button" class="key" data-c="${colour}" aria-pressed="true" disabled><i style="background:var(--${colour})"></i>${name}</button>`,
  )}</div>`
}
<div class="plot">${drawn}</div>
</figure>
`;
}

async function picture(
  id: string,
  kind: string,
  chart: Chart,
  places: readonly Place[],
  shown: ReadonlySet<string>,
  label: string,
): Promise<Html> {
  const drawn = await drawChart(
    { ...chart, name: id },
    places.map(({ at }) => at),
  );
  const { svg, along } = drawn;
  const content = svg.slice(svg.indexOf('>') + 1, svg.lastIndexOf('</svg>')).trim();
  const at = drawn.places.map((place) => Number(place.toFixed(1))).join(' ');
  const { top, bottom, left, right } = chart.option.grid as Record<'top' | 'bottom' | 'left' | 'right', number>;
  const across = along === 'x' ? [top, chart.height - bottom] : [left, chart.width - right];
  return html`<svg class="${kind}" viewBox="0 0 ${chart.width} ${chart.height}" role="img" aria-label="${label}" data-along="${along}" data-at="${at}" data-across="${across.join(' ')}">
${new Html(themed(content, shown))}
</svg>`;
}

/**
 * Colours as variables of the page, and on what belongs to a series the name of its colour. Text is in ink, because
 * some colours of lines are too light to read.
 */
function themed(svg: string, shown: ReadonlySet<string>): string {
  const lines = svg.split('\n');
  // The page has a ground of its own.
  if (lines[0]!.startsWith('<rect')) lines.shift();
  return lines
    .map((line) => {
      const names = [...line.matchAll(/(?:fill|stroke)="(#[0-9a-fA-F]{6})"/g)].map(([, hex]) =>
        variables.get(hex!.toLowerCase()),
      );
      const series = names.find((name) => name !== undefined && shown.has(name));
      const isText = line.startsWith('<text');
      return line
        .replaceAll(/ ecmeta_\w+="[^"]*"| pointer-events="[^"]*"| xml:space="[^"]*"/g, '')
        .replaceAll(/font-family:[^;"]*;?/g, '')
        .replaceAll(/font: ([\d.]+px) [^"]*/g, 'font-size:$1')
        .replaceAll(/(fill|stroke)="(#[0-9a-fA-F]{6})"/g, (whole, attribute: string, hex: string) => {
          const name = variables.get(hex.toLowerCase());
          if (name === undefined) return whole;
          return `${attribute}="var(--${isText && attribute === 'fill' && Object.hasOwn(colours, name) ? 'ink' : name})"`;
        })
        .replace(/^<(\w+)/, series === undefined ? '<$1' : `<$1 data-c="${series}"`);
    })
    .join('\n');
}

function namedColours({ keys }: Chart): NamedColour[] {
  return keys.map(({ name, colour }) => ({ name, colour: variables.get(colour.toLowerCase()) ?? 'ink' }));
}

/** One key a colour: the dashed line goes with the solid one of its training. */
function legendOf(keys: readonly NamedColour[]): NamedColour[] {
  const byColour = new Map<string, string[]>();
  for (const { colour, name } of keys) {
    const names = byColour.get(colour) ?? [];
    if (!names.some((other) => name.startsWith(`${other}, `))) byColour.set(colour, [...names, name]);
  }
  return [...byColour].map(([colour, names]) => ({ colour, name: names.join(', ') }));
}

/** All that is read out, in the order of the axis. */
function placesOf({ keys, points, readout }: Chart): Place[] {
  const places = new Map<string | number, (string | null)[]>();
  for (const { series, at, value, low, high, bounds } of points) {
    const values = places.get(at) ?? keys.map(() => null);
    const half = bounds === undefined ? 0 : (high! - low!) / 2;
    const shown = (number: number) => readout.value(number, half);
    const around = bounds === undefined ? '' : ` (${shown(low!)} … ${shown(high!)})`;
    values[keys.findIndex(({ name }) => name === series)] = shown(value) + around;
    places.set(at, values);
  }
  const found = [...places].map(([at, values]) => ({ at, values, title: titleOf(at, readout) }));
  return found.every(({ at }) => typeof at === 'number') ? found.sort((a, b) => Number(a.at) - Number(b.at)) : found;
}

function titleOf(at: string | number, { title = String }: Chart['readout']): string {
  return typeof at === 'number' ? title(at) : at;
}
