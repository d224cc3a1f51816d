import { program } from '../../api/opening/calls.js';
import { UserError } from '../../error.js';
import { suggestion } from '../../schema/suggest.js';
import type { StageDefinition } from '../../stage/definition.js';
import { builtInStage, builtInStageNames, builtInStages } from '../../stage/registry.js';
import { stageTables } from '../../stage/tables.js';
import { renderTable } from '../../text/table.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print } from '../terminal/output.js';

/** `stages`: the built-in stages, or one of them in full. */
export async function stagesCommand(name: string | undefined): Promise<number> {
  if (name === undefined) {
    const stages = await builtInStages();
    print(
      renderTable(
        stages.map((stage) => ({ stage: stage.name, does: stage.summary })),
        [{ key: 'stage' }, { key: 'does' }],
        'text',
      ),
    );
    print(`\n${program} stages NAME tells parameters, inputs and outputs.`);
    return exitCodes.done;
  }
  const stage = await builtInStage(name);
  if (stage === undefined)
    throw new UserError('E_USAGE', `There is no stage "${name}".`, suggestion(name, builtInStageNames()));
  print(describe(stage));
  return exitCodes.done;
}

function describe(stage: StageDefinition): string {
  const tables = stageTables(stage).map((rows) =>
    renderTable(
      rows,
      Object.keys(rows[0]!).map((key) => ({ key })),
      'text',
    ),
  );
  return [`${stage.name}: ${stage.summary}\n`, ...tables].join('\n');
}
