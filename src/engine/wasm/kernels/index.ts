export {
  encodeImages,
  maskedGradient,
} from './generated';
export { activateReal, realConv } from './real';
export { setScratch } from './scratch';
export { packTabled, tabledGradient_f32, tabledGradient_i16 } from './tabled';
