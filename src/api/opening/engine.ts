import { defaultEngine, engineNamed, engines } from '../../engine/engines.js';
import { UserError } from '../../error.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import { engineOf } from '../../run/plan/identity.js';
import { suggestion } from '../../schema/suggest.js';

const engineNames = engines.map(({ name }) => name);

/** What `--engine` says. @throws {UserError} for an engine that there is not */
export function readEngine(engine: string | undefined): string | undefined {
  if (engine === undefined || engineNames.includes(engine)) return engine;
  throw new UserError('E_USAGE', `There is no engine "${engine}".`, suggestion(engine, engineNames));
}

/** The pipeline computed by an engine; tasks that it computes on a graphics processor take turns there. */
export function withEngine(pipeline: Pipeline, engine: string): Pipeline {
  if (engineNamed(engine).onGraphicsProcessor !== true) return { ...pipeline, engine };
  const onDevice = ({ action }: Task) =>
    action.kind === 'stage' && engineOf(action.definition, engine)?.onGraphicsProcessor === true;
  const tasks = pipeline.tasks.map((task) =>
    onDevice(task) ? { ...task, resources: { ...task.resources, device: engine } } : task,
  );
  return { ...pipeline, engine, tasks };
}

/** Tells what computes which stages, where that is not the default engine throughout. */
export async function engineNotice({ engine: chosen, tasks }: Pipeline): Promise<string | undefined> {
  if (chosen === undefined) return undefined;
  const engine = engineNamed(chosen);
  if (engine === defaultEngine) return undefined;
  const stages = new Set(
    tasks.flatMap(({ stage, action }) =>
      action.kind === 'stage' && engineOf(action.definition, chosen) === engine ? stage : [],
    ),
  );
  const users = stages.size === 0 ? 'no stage of this pipeline' : [...stages].join(', ');
  return `${(await engine.describe()).text} computes ${users}.`;
}
