/** Two results, with metrics that are numbers and others. */
export const pipeline = `name: coin
axes: { n: [1, 2] }
params: { k: 3 }
stages:
  a:
    run: 'echo {\\"accuracy\\":0.\${{ n }}\${{ params.k }},\\"list\\":[1,2],\\"note\\":\\"x\\"} > \${{ outputs.metrics }}'
    over: [n]
    outputs: { metrics: metrics.json }
`;
