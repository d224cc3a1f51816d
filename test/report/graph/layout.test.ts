import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutGraph, layoutSize } from '../../../src/report/graph/layout.js';

/** Nodes of any size, with arrows from earlier to later ones. */
const graphs = fc
  .record({
    sizes: fc.array(fc.record({ breadth: fc.integer({ min: 1, max: 200 }), depth: fc.integer({ min: 1, max: 80 }) }), {
      minLength: 1,
      maxLength: 25,
    }),
    pairs: fc.uniqueArray(fc.tuple(fc.nat(24), fc.nat(24)), { maxLength: 50, selector: String }),
  })
  .map(({ sizes, pairs }) => ({
    nodes: sizes,
    edges: pairs.filter(([from, to]) => from < to && to < sizes.length),
  }));

describe('the layout', () => {
  it('puts a chain into a straight line, and a line past it beside', () => {
    const size = { breadth: 40, depth: 20 };
    const edges = [
      [0, 1],
      [1, 2],
      [0, 2],
    ] as const;
    const { positions, breadth, depth } = layoutGraph([size, size, size], edges);
    expect(positions.map(({ across }) => across)).toEqual([0, 74, 148]);
    expect([depth, breadth > 40 && breadth < 80]).toEqual([168, true]);
    expect(layoutSize(3, edges)).toBe(7);
  });

  it('lets no nodes overlap, points all arrows forward, and leads lines past nodes', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, edges }) => {
        const { positions, links, breadth, depth } = layoutGraph(nodes, edges);
        const boxes = positions.map(({ along, across }, index) => ({
          left: along - nodes[index]!.breadth / 2,
          right: along + nodes[index]!.breadth / 2,
          top: across,
          bottom: across + nodes[index]!.depth,
        }));
        for (const [i, a] of boxes.entries()) {
          expect(a.left).toBeGreaterThanOrEqual(-1e-6);
          expect(a.right).toBeLessThanOrEqual(breadth + 1e-6);
          expect(a.bottom).toBeLessThanOrEqual(depth);
          for (const b of boxes.slice(i + 1))
            expect(a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top).toBe(true);
        }
        for (const [from, to] of edges) expect(boxes[from]!.bottom).toBeLessThan(boxes[to]!.top);
        for (const { from, to } of links.filter(({ from, to }) => from.along === to.along))
          for (const box of boxes) {
            const inside = from.along > box.left && from.along < box.right;
            const beside = to.across <= box.top || from.across >= box.bottom;
            expect(!inside || beside).toBe(true);
          }
      }),
    );
  });

  it('leads every arrow from its source to its target', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, edges }) => {
        const { links } = layoutGraph(nodes, edges);
        const ends = links.flatMap(({ source, target }) => (target === undefined ? [] : [`${source} ${target}`]));
        expect(ends.sort()).toEqual(edges.map((edge) => edge.join(' ')).sort());
      }),
    );
  });

  it('finds an order without crossings where there is one', () => {
    const size = { breadth: 10, depth: 10 };
    const { positions } = layoutGraph(
      [size, size, size, size],
      [
        [0, 3],
        [1, 2],
      ],
    );
    expect(positions[0]!.along < positions[1]!.along).toBe(positions[3]!.along < positions[2]!.along);
  });
});
