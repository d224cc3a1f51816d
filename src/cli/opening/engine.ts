import { type EngineName, engineNames } from '../../engine/engines.js';
import { describeLibrary, libraryText } from '../../engine/tensorflow/describe.js';
import { UserError } from '../../error.js';
import type { Pipeline } from '../../pipeline/expand/task.js';
import { engineOf } from '../../run/plan/planner.js';
import { suggestion } from '../../schema/suggest.js';

/** What `--engine` says. @throws {UserError} for an engine that there is not */
export function readEngine(engine: string | undefined): EngineName | undefined {
  const known = engineNames.find((name) => name === engine);
  if (engine === undefined || known !== undefined) return known;
  throw new UserError('E_USAGE', `There is no engine "${engine}".`, suggestion(engine, engineNames));
}

/** Tells what computes which stages, where that is not the default engine throughout. */
export async function engineNotice({ engine, tasks }: Pipeline): Promise<string | undefined> {
  if (engine !== 'tensorflow') return undefined;
  const stages = new Set(
    tasks.flatMap(({ stage, action }) =>
      action.kind === 'stage' && engineOf(action.definition, engine) === engine ? stage : [],
    ),
  );
  const users = stages.size === 0 ? 'no stage of this pipeline' : [...stages].join(', ');
  return `${libraryText(await describeLibrary())} computes ${users}.`;
}
