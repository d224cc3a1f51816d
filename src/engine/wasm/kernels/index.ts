export { maskedGradient } from './generated';
export { setScratch } from './scratch';
export { packTabled, tabledGradient_f32, tabledGradient_i16 } from './tabled';
