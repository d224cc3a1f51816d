/** What programs and stages of users import from `spikeline`. */
export { loadPipeline, plan, results, run } from './api/index.js';
export { PipelineError } from './api/opening/pipeline-error.js';
export type {
  LoadOptions,
  Output,
  Pipeline,
  PipelineTask,
  PlannedTask,
  PlanOptions,
  RunOptions,
  RunResult,
  TaskOutcome,
  TaskOutputs,
  TaskResult,
  TaskRow,
} from './api/types.js';
export type { TaskPoint } from './pipeline/expand/task.js';
export type { LinePlace, PlacedDiagnostic } from './pipeline/text/format.js';
export type { Change, Failure, FailureNote, Reason, RunEvent, TaskStatus } from './run/events.js';
export * from './stage/authoring.js';
