import { defaultEngine, engineNamed, engines } from '../../engine/engines.js';
import { choiceVariable, choosing } from '../../engine/processor-choice.js';
import { UserError } from '../../error.js';
import type { Pipeline, Task } from '../../pipeline/expand/task.js';
import type { Diagnostic } from '../../pipeline/text/diagnostic.js';
import { engineOf } from '../../run/plan/identity.js';
import { suggestion } from '../../schema/suggest.js';

const engineNames = engines.map(({ name }) => name);

/** What `--engine` says. @throws {UserError} for an engine that there is not */
export function readEngine(engine: string | undefined): string | undefined {
  if (engine === undefined || engineNames.includes(engine)) return engine;
  throw new UserError('E_USAGE', `There is no engine "${engine}".`, suggestion(engine, engineNames));
}

/**
 * The pipeline computed by an engine; tasks that it computes on the same graphics processor take turns there. Where a stage
 * names one that there is not, that is a mistake in its file.
 *
 * @throws {UserError} E_ENGINE where the engine can't be used, E_GPU_CHOICE where the environment names such a processor
 */
export async function withEngine(
  pipeline: Pipeline,
  engine: string,
): Promise<{ readonly pipeline: Pipeline; readonly mistakes: readonly Diagnostic[] }> {
  const mistakes = new Map<string, Diagnostic>();
  const tasks: Task[] = [];
  for (const task of pipeline.tasks) {
    const { action, resources, range, stage } = task;
    const computing = action.kind === 'stage' ? engineOf(action.definition, engine) : undefined;
    try {
      const device = await computing?.processor?.(resources.gpu);
      tasks.push(device === undefined ? task : { ...task, resources: { ...resources, device } });
    } catch (error) {
      const ofStage = choosing()[choiceVariable] === undefined && resources.gpu !== undefined;
      if (!(error instanceof UserError) || error.code !== 'E_GPU_CHOICE' || !ofStage) throw error;
      const { code, message, hint } = error;
      mistakes.set(stage, { severity: 'error', code, message, range, ...(hint === undefined ? {} : { hint }) });
    }
  }
  return { pipeline: { ...pipeline, engine, tasks }, mistakes: [...mistakes.values()] };
}

/** Tells what computes which stages, where that is not the default engine throughout: a line for each graphics processor. */
export async function engineNotice({ engine: chosen, tasks }: Pipeline): Promise<string | undefined> {
  if (chosen === undefined) return undefined;
  const engine = engineNamed(chosen);
  if (engine === defaultEngine) return undefined;
  const users = new Map<string, Set<string>>();
  for (const { stage, action, resources } of tasks) {
    if (action.kind !== 'stage' || engineOf(action.definition, chosen) !== engine) continue;
    const { text } = await engine.describe(resources.gpu);
    users.set(text, (users.get(text) ?? new Set()).add(stage));
  }
  if (users.size === 0) return `${(await engine.describe()).text} computes no stage of this pipeline.`;
  return [...users].map(([text, stages]) => `${text} computes ${[...stages].join(', ')}.`).join('\n');
}
