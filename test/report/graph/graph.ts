import type { Graph } from '../../../src/report/graph/graph.js';

/** All there is to draw: each state, a mixture, nothing at all, a list, a line past a layer, and awkward names. */
export const example: Graph = {
  title: 'a "b" & <c>',
  direction: 'down',
  nodes: [
    { id: 'data', title: 'data', details: ['dataset'], counts: { cached: 1 } },
    { id: 'train@x="1"', title: 'train@x="1"', details: ['over `k` \\ #1'], counts: { cached: 2, stale: 1 } },
    { id: 'none', title: 'none', details: [], counts: {} },
    { id: 'plots', title: 'plots', details: [], counts: { waiting: 1 } },
  ],
  edges: [
    { from: 'data', to: 'train@x="1"' },
    { from: 'train@x="1"', to: 'plots', collects: ['k', 'noise'] },
    { from: 'data', to: 'plots' },
    { from: 'data', to: 'none' },
  ],
};
