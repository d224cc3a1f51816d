/**
 * Metrics that follow from the network, the data set and the method, whatever training came to: that they are as a source has
 * them says nothing about the source's results.
 */
export const structuralMetrics: ReadonlySet<string> = new Set([
  ...['images', 'trainImages', 'testImages', 'classes', 'epoch', 'lastEpoch'],
  ...['levels', 'neurons', 'denseMacs'],
  // Conversion is exact for every network.
  ...['neuronsCompared', 'neuronsDifferent', 'predictionsDifferent'],
]);
