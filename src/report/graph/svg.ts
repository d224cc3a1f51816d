import { escaped } from '../../text/markup.js';
import { colours, faint, fontFamily, ink } from '../look.js';
import {
  axesText,
  commonState,
  countsText,
  type Graph,
  type GraphNode,
  namedStates,
  plainNames,
  type State,
  type StateNames,
  stateColours,
  states,
} from './graph.js';
import { type Layout, type Link, layoutGraph, layoutSize, type Point } from './layout.js';

/** What a layout may take: about a second, and as much as a viewer can show. */
export const largestPicture = 60_000;

const margin = 24;
const titleHeight = 52;
const legendHeight = 40;
const padding = 12;
/** The strip at the left of a node that shows the states. */
const strip = 8;
const titleSize = 14;
const detailSize = 12;
const detailHeight = 17;

/** What a picture is drawn on where its reader has it dark. */
export const darkPage = '#0d1117';

const styleOf = (names: StateNames) => `
text { font-family: ${fontFamily}; fill: ${ink}; font-size: ${detailSize}px; }
.page { fill: #ffffff; }
.name { font-size: 17px; font-weight: bold; }
.title { font-size: ${titleSize}px; font-weight: bold; }
.detail { fill: ${faint}; }
.node { fill: #ffffff; stroke: #b8b8b8; }
.arrow { fill: none; stroke: #8a8a8a; stroke-width: 1.3; }
.list { stroke-width: 3; }
.head { fill: #8a8a8a; }
${namedStates(names)
  .map((state) => `.${state} { fill: ${stateColours[state]}; }`)
  .join('\n')}
.none { fill: ${colours.grey}; }
.tint { fill-opacity: 0.13; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6e6e6; }
  .page { fill: ${darkPage}; }
  .detail { fill: #a5a5a5; }
  .node { fill: #161b22; stroke: #4a4f57; }
  .tint { fill-opacity: 0.25; }
}
`;

/** How much there is to draw, to be compared with `largestPicture`. */
export function pictureSize(graph: Graph): number {
  return layoutSize(graph.nodes.length, edgesOf(graph));
}

/** A graph as a picture: light or dark as its reader has it, with a legend of the states. The same graph gives the same bytes. */
export function graphSvg(graph: Graph, names: StateNames = plainNames): string {
  const down = graph.direction === 'down';
  const collected = collectedLines(graph);
  const boxes = graph.nodes.map((node) => boxOf(node, collected.get(node.id) ?? [], names));
  const sizes = boxes.map(({ width, height }) =>
    down ? { breadth: width, depth: height } : { breadth: height, depth: width },
  );
  const drawn = layoutGraph(sizes, edgesOf(graph));
  const at = ({ along, across }: Point) => ({
    x: margin + (down ? along : across),
    y: titleHeight + (down ? across : along),
  });
  const [across, upright] = down ? [drawn.breadth, drawn.depth] : [drawn.depth, drawn.breadth];
  const legend = legendOf(graph, names);
  const widest = Math.max(across, textWidth(graph.title, 17, true), legend.width);
  const width = Math.ceil(Math.max(widest + 2 * margin, 440));
  const height = Math.ceil(titleHeight + upright + legendHeight + margin);
  const nodes = boxes.map((box, index) => {
    const { x, y } = at(drawn.positions[index]!);
    return nodeSvg(box, names, down ? x - box.width / 2 : x, down ? y : y - box.height / 2);
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<style>${styleOf(names)}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    `<text class="name" x="${margin}" y="32">${escaped(graph.title)}</text>`,
    ...linksSvg(graph, drawn, at, down),
    ...nodes,
    legendSvg(legend, height - margin),
    '</svg>',
  ].join('\n')}\n`;
}

interface Box {
  readonly node: GraphNode;
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
}

function boxOf(node: GraphNode, collected: readonly string[], names: StateNames): Box {
  const lines = [...node.details, ...collected, countsText(node.counts, names, node.none)];
  const text = Math.max(
    textWidth(node.title, titleSize, true),
    ...lines.map((line) => textWidth(line, detailSize, false)),
  );
  const width = Math.ceil(strip + 2 * padding + text);
  return { node, lines, width, height: 2 * padding + titleSize + lines.length * detailHeight };
}

/** The lists that each node takes: said in the node, because thick arrows are soon too close for text. */
function collectedLines({ nodes, edges }: Graph): ReadonlyMap<string, readonly string[]> {
  const titles = new Map(nodes.map(({ id, title }) => [id, title]));
  const lines = new Map<string, string[]>();
  for (const { from, to, collects } of edges) {
    if (collects === undefined) continue;
    const ofNode = lines.get(to) ?? [];
    ofNode.push(`collects ${titles.get(from)} over ${axesText(collects)}`);
    lines.set(to, ofNode);
  }
  return lines;
}

function nodeSvg({ node, lines, width, height }: Box, names: StateNames, left: number, top: number): string {
  const state = commonState(node.counts);
  const frame = `x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${width}" height="${height}" rx="3"`;
  const x = left + strip + padding;
  const first = top + padding + titleSize - 2;
  return [
    `<g><title>${escaped(`${node.id}: ${countsText(node.counts, names, node.none)}`)}</title><rect class="node" ${frame}/>`,
    state === undefined ? '' : `<rect class="${state} tint" ${frame}/>`,
    stripSvg(node, left, top, height),
    `<text class="title" x="${x.toFixed(1)}" y="${first.toFixed(1)}">${escaped(node.title)}</text>`,
    ...lines.map(
      (line, index) =>
        `<text class="detail" x="${x.toFixed(1)}" y="${(first + (index + 1) * detailHeight).toFixed(1)}">${escaped(line)}</text>`,
    ),
    '</g>',
  ].join('');
}

/** The states of a node's tasks from top to bottom, each as high as its share. */
function stripSvg({ counts }: GraphNode, left: number, top: number, height: number): string {
  const present = states.filter((state) => (counts[state] ?? 0) > 0);
  const total = present.reduce((sum, state) => sum + counts[state]!, 0);
  const piece = (name: string, y: number, size: number) =>
    `<rect class="${name}" x="${left.toFixed(1)}" y="${y.toFixed(1)}" width="${strip}" height="${size.toFixed(1)}"/>`;
  if (total === 0) return piece('none', top, height);
  let y = top;
  return present
    .map((state) => {
      const size = (height * counts[state]!) / total;
      y += size;
      return piece(state, y - size, size);
    })
    .join('');
}

function linksSvg(
  graph: Graph,
  { links }: Layout,
  at: (point: Point) => { x: number; y: number },
  down: boolean,
): string[] {
  const lists = new Set(
    graph.edges.flatMap(({ from, to, collects }) => (collects === undefined ? [] : [pairOf(from, to)])),
  );
  const name = (index: number) => graph.nodes[index]!.id;
  return links.map((link) => {
    const isList = link.target !== undefined && lists.has(pairOf(name(link.source), name(link.target)));
    const path = `<path class="arrow${isList ? ' list' : ''}" d="${pathOf(link, at, down)}"/>`;
    return link.target === undefined ? path : `${path}${headSvg(at(link.to), down)}`;
  });
}

/** Names can hold any character but this one. */
function pairOf(from: string, to: string): string {
  return `${from}\0${to}`;
}

const headLength = 8;

/** A curve that leaves and arrives at right angles to the layers, or a straight line. */
function pathOf({ from, to, target }: Link, at: (point: Point) => { x: number; y: number }, down: boolean): string {
  const [a, b] = [at(from), at({ ...to, across: to.across - (target === undefined ? 0 : headLength - 1) })];
  const start = `M${a.x.toFixed(1)} ${a.y.toFixed(1)}`;
  const end = `${b.x.toFixed(1)} ${b.y.toFixed(1)}`;
  if (from.along === to.along) return `${start}L${end}`;
  const [x, y] = [((a.x + b.x) / 2).toFixed(1), ((a.y + b.y) / 2).toFixed(1)];
  return down
    ? `${start}C${a.x.toFixed(1)} ${y} ${b.x.toFixed(1)} ${y} ${end}`
    : `${start}C${x} ${a.y.toFixed(1)} ${x} ${b.y.toFixed(1)} ${end}`;
}

function headSvg({ x, y }: { readonly x: number; readonly y: number }, down: boolean): string {
  const [base, side] = [headLength, headLength / 2];
  const points = down
    ? [`${(x - side).toFixed(1)},${(y - base).toFixed(1)}`, `${(x + side).toFixed(1)},${(y - base).toFixed(1)}`]
    : [`${(x - base).toFixed(1)},${(y - side).toFixed(1)}`, `${(x - base).toFixed(1)},${(y + side).toFixed(1)}`];
  return `<polygon class="head" points="${x.toFixed(1)},${y.toFixed(1)} ${points.join(' ')}"/>`;
}

interface Legend {
  readonly entries: readonly { readonly state: State; readonly text: string; readonly x: number }[];
  readonly width: number;
}

function legendOf({ nodes }: Graph, names: StateNames): Legend {
  let width = 0;
  const entries = namedStates(names).map((state) => {
    const text = `${nodes.reduce((sum, { counts }) => sum + (counts[state] ?? 0), 0)} ${names[state]}`;
    const x = margin + width;
    width += 20 + textWidth(text, detailSize, false) + 20;
    return { state, text, x };
  });
  return { entries, width: width - 20 };
}

function legendSvg({ entries }: Legend, bottom: number): string {
  return entries
    .map(
      ({ state, text, x }) =>
        `<rect class="${state}" x="${x.toFixed(1)}" y="${bottom - 11}" width="14" height="14" rx="2"/><text x="${(x + 20).toFixed(1)}" y="${bottom}">${text}</text>`,
    )
    .join('');
}

function edgesOf({ nodes, edges }: Graph): (readonly [number, number])[] {
  const indices = new Map(nodes.map(({ id }, index) => [id, index]));
  return edges.map(({ from, to }) => [indices.get(from)!, indices.get(to)!] as const);
}

/** At least what a text takes in DejaVu Sans, the widest font in question. */
function textWidth(text: string, size: number, bold: boolean): number {
  let ems = 0;
  // Other than ASCII by numbers: one such letter in the built program, and V8 takes twice as long to read it.
  for (const character of text)
    ems += /[iljtfrI.,:;'|!()[\] ]/.test(character)
      ? 0.42
      : /[mwMW@%=+\u00d7\u2192<>~&#\u2014\u2026]|[^\0-\u024f]/u.test(character)
        ? 1
        : 0.65;
  return ems * size * (bold ? 1.12 : 1);
}
