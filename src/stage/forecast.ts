import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importModule } from '../import-module.js';
import { buildFolder, isBuilt, packageRoot } from '../paths.js';
import type { Json, Metrics } from '../values.js';
import type { InputOrigin } from './definition.js';

/** What makes an input, with the metrics that it has or will have as far as they are known. */
export interface ExpectedInput extends InputOrigin {
  readonly inputs?: Readonly<Record<string, ExpectedInput>>;
  readonly metrics?: Metrics;
}

/** A part of what a task does. */
export interface WorkShare {
  /** What it is, for people: `training of vgg, ternary`. */
  readonly title: string;
  /** What one of which is done in the seconds that are measured, in the plural: `images`. */
  readonly unit: string;
  /** All that the time of it depends on: equal work takes equal time. What hardly matters is the same in all work. */
  readonly work: Json;
  /** How often it is done for one of what the stage's `cost` counts. */
  readonly share: number;
}

/** What work takes, in seconds. */
export interface SampleTimes {
  /** One of what is counted. */
  readonly each: number;
  /** All that a task does beside: it begins, loads code and networks, and keeps what it made. */
  readonly once: number;
}

/** What a few steps are measured with. */
export interface MeasureOptions {
  readonly threads: number;
  /** Default: the default engine. */
  readonly engine?: string;
}

/**
 * What can be told of the tasks of a built-in stage before any has run. `stages/forecasts/NAME.ts` has it as its default
 * export, apart from the stage: it is no part of keys, and only those who ask for it load it.
 */
export interface StageForecast {
  /** Seconds that a task takes on about any machine, where it is so few that nobody has to measure, or nothing can be told of its work. */
  readonly seconds?: number;
  /**
   * Metrics that a task will have, as far as its parameters say, and the files that these name.
   *
   * @param folder of the pipeline file: what relative paths are relative to
   */
  metrics?(
    parameters: Readonly<Record<string, unknown>>,
    folder: string,
  ): Metrics | undefined | Promise<Metrics | undefined>;
  /** What a task does; that it begins counts once, as the most of them take for it; undefined where parameters and inputs don't say. */
  work?(
    parameters: Readonly<Record<string, unknown>>,
    inputs: Readonly<Record<string, ExpectedInput>>,
  ): readonly WorkShare[] | undefined;
  /** Does a little of such work, on made-up data, in a process that was started for it. */
  measure?(work: Json, options: MeasureOptions): Promise<SampleTimes>;
}

const folder = join(isBuilt ? buildFolder : packageRoot, 'stages', 'forecasts');

/** The forecast of a built-in stage; undefined where it has none. */
export async function stageForecast(name: string): Promise<StageForecast | undefined> {
  const file = join(folder, `${name}${isBuilt ? '.js' : '.ts'}`);
  if (!/^[a-z0-9-]+$/.test(name) || !existsSync(file)) return undefined;
  return ((await importModule(pathToFileURL(file).href)) as { readonly default: StageForecast }).default;
}
