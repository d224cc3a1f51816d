export {
  encodeImages,
  maskedGradient,
} from './generated';
export { deleteSpikes } from './noise';
export { activateReal, realConv } from './real';
export { setScratch } from './scratch';
export { countSpikes, fireInteger, readout } from './spiking';
export { packTabled, tabledGradient_f32, tabledGradient_i16 } from './tabled';
