// What is known of a file's stages once they are checked.

import type { StageDefinition } from '../../stage/definition.js';
import type { Path } from '../../values.js';
import type { AxisPoint, Point } from './axes.js';
import type { StageFile } from './schema.js';

/** What one or several stages make. */
export interface StageInput {
  readonly kind: 'output';
  /** More than one: what they make arrives as one list. */
  readonly from: readonly OutputReference[];
  /** True if it arrives as a list. */
  readonly list: boolean;
}

/** A reference to another stage's output, with what becomes of its axes. */
export interface OutputReference {
  readonly stage: string;
  readonly output: string;
  /** Of axes whose points the reference names: their labels. They are neither collected nor shared. */
  readonly at: ReadonlyMap<string, ReadonlySet<string>>;
  /** Other axes of the producer that the consumer does not have: their points arrive as a list. */
  readonly collected: readonly string[];
  /** Other axes that both have. */
  readonly shared: readonly string[];
}

export interface FileInput {
  readonly kind: 'file';
  readonly path: string;
}

/** A stage of the file. What it refers to exists; what does not was reported and left out. */
export interface CheckedStage {
  readonly name: string;
  readonly file: StageFile;
  readonly path: Path;
  readonly definition: StageDefinition | undefined;
  /** Axes in the order of `over`. */
  readonly axes: readonly (readonly [string, readonly AxisPoint[]])[];
  readonly inputs: ReadonlyMap<string, StageInput | FileInput>;
  readonly outputs: Readonly<Record<string, string>>;
  /** Axes of its own that have the values of the call, instead of the file's. */
  readonly changedAxes: ReadonlySet<string>;
  excludes(point: Point): boolean;
}

/** Stages of the files that a file includes. */
export interface Included {
  readonly stages: ReadonlyMap<string, CheckedStage>;
  /** True for a stage of a part with mistakes: it may exist, and nothing is known of it. */
  unknown(stage: string): boolean;
}
