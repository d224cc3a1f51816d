export {
  encodeImages,
  eventConv16_fire,
  eventConv16_i16,
  eventConv32_fire,
  eventConv32_i16,
  eventConv64_fire,
  eventConv64_i16,
  maskedGradient,
} from './generated';
export { deleteSpikes } from './noise';
export { activateReal, realConv } from './real';
export { setScratch } from './scratch';
export { spikeConv_fire, spikeConv_i16 } from './spike-conv';
export { countSpikes, fireInteger, readout } from './spiking';
export { packTabledForward } from './tabled-forward';
export { packTabled, tabledGradient_f32, tabledGradient_i16 } from './tabled';
