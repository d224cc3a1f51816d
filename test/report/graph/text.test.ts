import { describe, expect, it } from 'vitest';
import { countsText } from '../../../src/report/graph/graph.js';
import { graphDot, graphMermaid } from '../../../src/report/graph/text.js';
import { example } from './graph.js';

describe('graphs as text', () => {
  it('are Mermaid, whatever names hold', () => {
    expect(graphMermaid(example)).toBe(`---
title: "a \\"b\\" & <c>"
---
flowchart TD
  n0["<b>data</b><br/>dataset<br/>cached"]:::cached
  n1["<b>train@x=#34;1#34;</b><br/>over #96;k#96; #92; #35;1<br/>2 cached, 1 stale"]:::mixed
  n2["<b>none</b><br/>no tasks"]:::mixed
  n3["<b>plots</b><br/>waiting"]:::waiting
  n0 --> n1
  n1 == "all k × noise" ==> n3
  n0 --> n3
  n0 --> n2
  classDef cached fill:#cdeee3,stroke:#009E73,color:#222222,stroke-width:2px
  classDef waiting fill:#d9eefb,stroke:#56B4E9,color:#222222,stroke-width:2px
  classDef mixed fill:#f2f2f2,stroke:#6b6b6b,color:#222222
`);
  });

  it('are Graphviz, whatever names hold', () => {
    expect(graphDot({ ...example, direction: 'right' })).toBe(`digraph "a \\"b\\" & <c>" {
  label="a \\"b\\" & <c>"; labelloc=t; rankdir=LR;
  node [shape=box, fontname="sans-serif"]; edge [fontname="sans-serif"];
  n0 [label="data\\ndataset\\ncached", style="filled,rounded", fillcolor="#cdeee3", color="#009E73"];
  n1 [label="train@x=\\"1\\"\\nover \`k\` \\\\ #1\\n2 cached, 1 stale", style=striped, fillcolor="#cdeee3;0.6667:#fbe9c0"];
  n2 [label="none\\nno tasks", style=rounded];
  n3 [label="plots\\nwaiting", style="filled,rounded", fillcolor="#d9eefb", color="#56B4E9"];
  n0 -> n1;
  n1 -> n3 [label="all k × noise", penwidth=2.5];
  n0 -> n3;
  n0 -> n2;
}
`);
  });

  it('count states as people do', () => {
    expect([{}, { stale: 1 }, { stale: 8 }, { missing: 1, cached: 2 }].map((counts) => countsText(counts))).toEqual([
      'no tasks',
      'stale',
      '8 stale',
      '2 cached, 1 missing',
    ]);
  });
});
