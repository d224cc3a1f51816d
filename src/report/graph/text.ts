import { axesText, commonState, countsText, type Graph, type GraphNode, stateColours, states } from './graph.js';

/** A graph for Mermaid, as GitHub and many editors draw it. */
export function graphMermaid(graph: Graph): string {
  const ids = nodeIds(graph);
  const nodes = graph.nodes.map((node) => {
    const label = [`<b>${mermaidText(node.title)}</b>`, ...[...node.details, countsText(node.counts)].map(mermaidText)];
    return `  ${ids.get(node.id)}["${label.join('<br/>')}"]:::${stateClass(node)}`;
  });
  const edges = graph.edges.map(({ from, to, collects }) => {
    const arrow = collects === undefined ? '-->' : `== "${mermaidText(`all ${axesText(collects)}`)}" ==>`;
    return `  ${ids.get(from)} ${arrow} ${ids.get(to)}`;
  });
  const used = new Set(graph.nodes.map(stateClass));
  const classes = [...states, 'mixed' as const]
    .filter((state) => used.has(state))
    .map((state) => `  classDef ${state} ${mermaidStyle(state)}`);
  const lines = ['---', `title: ${JSON.stringify(graph.title)}`, '---'];
  return `${[...lines, `flowchart ${graph.direction === 'down' ? 'TD' : 'LR'}`, ...nodes, ...edges, ...classes].join('\n')}\n`;
}

/** A graph for Graphviz. */
export function graphDot(graph: Graph): string {
  const ids = nodeIds(graph);
  const nodes = graph.nodes.map((node) => {
    const label = dotText([node.title, ...node.details, countsText(node.counts)].join('\n'));
    return `  ${ids.get(node.id)} [label=${label}, ${dotStyle(node)}];`;
  });
  const edges = graph.edges.map(({ from, to, collects }) => {
    const style = collects === undefined ? '' : ` [label=${dotText(`all ${axesText(collects)}`)}, penwidth=2.5]`;
    return `  ${ids.get(from)} -> ${ids.get(to)}${style};`;
  });
  return `${[
    `digraph ${dotText(graph.title)} {`,
    `  label=${dotText(graph.title)}; labelloc=t; rankdir=${graph.direction === 'down' ? 'TB' : 'LR'};`,
    '  node [shape=box, fontname="sans-serif"]; edge [fontname="sans-serif"];',
    ...nodes,
    ...edges,
    '}',
  ].join('\n')}\n`;
}

/** Neither language takes any text as a name: `n0`, `n1`, … in the order of the nodes. */
function nodeIds({ nodes }: Graph): ReadonlyMap<string, string> {
  return new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
}

function stateClass({ counts }: GraphNode): string {
  return commonState(counts) ?? 'mixed';
}

function mermaidStyle(state: (typeof states)[number] | 'mixed'): string {
  return state === 'mixed'
    ? 'fill:#f2f2f2,stroke:#6b6b6b,color:#222222'
    : `fill:${pale[state]},stroke:${stateColours[state]},color:#222222,stroke-width:2px`;
}

/** The colours of states, light enough for dark text on them. */
const pale = {
  ...{
    cached: '#cdeee3',
    running: '#cce3f0',
    stale: '#fbe9c0',
    missing: '#f3dfea',
    failed: '#f9d9c4',
    waiting: '#d9eefb',
  },
} as const;

/** Markup inside quotes: what Mermaid would read as its own is written as a character code. */
function mermaidText(text: string): string {
  return text.replaceAll(/["#&<>\\`\p{Cc}]/gu, (character) => `#${character.codePointAt(0)};`);
}

function dotText(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** One colour, or stripes as wide as the states' shares. */
function dotStyle({ counts }: GraphNode): string {
  const state = commonState(counts);
  if (state !== undefined) return `style="filled,rounded", fillcolor="${pale[state]}", color="${stateColours[state]}"`;
  const present = states.filter((one) => (counts[one] ?? 0) > 0);
  if (present.length === 0) return 'style=rounded';
  const total = present.reduce((sum, one) => sum + counts[one]!, 0);
  const stripes = present.map((one) => `${pale[one]};${(counts[one]! / total).toFixed(4)}`);
  // Graphviz gives the last stripe what is left, so that shares need not add up exactly.
  return `style=striped, fillcolor="${[...stripes.slice(0, -1), pale[present.at(-1)!]].join(':')}"`;
}
