import { describe, expect, it } from 'vitest';
import { renderPng } from '../../../src/report/charts/files.js';
import { graphSvg, pictureSize } from '../../../src/report/graph/svg.js';
import { example } from './graph.js';

describe('the picture of a graph', () => {
  const picture = graphSvg(example);
  /** What is written in it, in order. */
  const texts = [...picture.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

  it('says all that there is to say, with names escaped', () => {
    expect(texts).toEqual([
      'a &quot;b&quot; &amp; &lt;c&gt;',
      ...['data', 'dataset', 'cached'],
      ...['train@x=&quot;1&quot;', 'over `k` \\ #1', '2 cached, 1 stale'],
      ...['none', 'no tasks'],
      ...['plots', 'collects train@x=&quot;1&quot; over k × noise', 'waiting'],
      ...['3 cached', '1 stale', '0 missing', '0 failed', '1 waiting'],
    ]);
  });

  it('shows states by colour, mixtures by shares, lists by thick arrows', () => {
    const strips = [...picture.matchAll(/<rect class="(\w+)" x="[\d.]+" y="[\d.]+" width="8" height="([\d.]+)"\/>/g)];
    expect(strips.map(([, state, height]) => [state, Number(height)])).toEqual([
      ['cached', 72],
      ['cached', 48],
      ['stale', 24],
      ['none', 55],
      ['waiting', 72],
    ]);
    expect(picture.match(/class="arrow list"/g)).toHaveLength(1);
    expect(picture.match(/class="head"/g)).toHaveLength(4);
    expect(picture).toContain('@media (prefers-color-scheme: dark)');
  });

  it('is the same at every time, and can be drawn', async () => {
    expect(graphSvg(example)).toBe(picture);
    expect(graphSvg({ ...example, direction: 'right' })).not.toBe(picture);
    const png = Buffer.from(await renderPng(picture, { dpi: 192 }, 2));
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(picture)!;
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * Number(width), 2 * Number(height)]);
  });

  it('is as wide as what it holds, and wide enough for its legend', () => {
    const widthOf = (graph: typeof example) => Number(/width="(\d+)"/.exec(graphSvg(graph))![1]);
    expect(widthOf({ ...example, nodes: [], edges: [] })).toBeGreaterThanOrEqual(440);
    expect(widthOf({ ...example, title: 'a long title '.repeat(20) })).toBeGreaterThan(1000);
  });

  it('has a size by which too large ones are known before they are drawn', () => {
    expect(pictureSize(example)).toBe(4 + 4 + 1);
    expect(graphSvg({ ...example, nodes: [], edges: [] })).toMatch(/^<svg .*<\/svg>\n$/s);
  });
});
