/** What a user's own stage file imports from `spikeline`. */

export { Type } from '@sinclair/typebox';
export { UserError } from '../error.js';
export type { AxisValue, Metrics } from '../values.js';
export type { StageCost } from './cost.js';
export {
  defineStage,
  type InputArtifact,
  type Progress,
  type StageContext,
  type StageDefinition,
} from './definition.js';
export { filePath } from './file-path.js';
