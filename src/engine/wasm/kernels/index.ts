export { setScratch, fill } from './scratch';
export {
  denseConv, denseWeightGradient, sparseWeightGradient, eventConv16_f32, eventConv32_f32, eventConv64_f32,
  eventConv16_i32, eventConv32_i32, eventConv64_i32, maskedGradient4, maskedGradient6,
} from './generated';
export { eventConvWide_f32, eventConvWide_i32, spikeLists } from './events';
export { channelSums, batchNorm, activate, gradientSums, batchNormGradient, gradientApply } from './normalise';
export { ternarise, packEvents, packForward, packBackward, packMasked, packReal } from './weights';
export { softmaxLoss, adam } from './learn';
export { realConv, activateReal } from './real';
export { fireInteger, fireReal, deleteSpikes, countSpikes, readout } from './spiking';
