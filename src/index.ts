/** What a user's own stage file imports from `spikeline`. */

export { Type } from '@sinclair/typebox';
export {
  type AxisValue,
  defineStage,
  type InputArtifact,
  type Metrics,
  type Progress,
  type StageContext,
  type StageDefinition,
  StageError,
} from './stage/definition.js';
export { filePath } from './stage/file-path.js';
