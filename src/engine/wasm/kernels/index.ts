export { setScratch } from './scratch';
