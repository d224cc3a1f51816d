import { program } from '../../api/opening/calls.js';
import { UserError } from '../../error.js';
import { suggestion } from '../../schema/suggest.js';
import type { StageDefinition } from '../../stage/definition.js';
import { builtInStage, builtInStageNames, builtInStages } from '../../stage/registry.js';
import { stageTables } from '../../stage/tables.js';
import { fittedLines } from '../../text/fitted-lines.js';
import { fittedTable } from '../../text/fitted-table.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print, printText, terminalWidth } from '../terminal/output.js';

/** `stages`: the built-in stages, or one of them in full. */
export async function stagesCommand(name: string | undefined): Promise<number> {
  if (name === undefined) {
    const stages = await builtInStages();
    print(
      fittedTable(
        stages.map((stage) => ({ stage: stage.name, does: stage.summary })),
        [{ key: 'stage' }, { key: 'does' }],
        terminalWidth(),
      ),
    );
    printText(`\nParameters, inputs and outputs of one: ${program} stages NAME`);
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
    fittedTable(
      rows,
      Object.keys(rows[0]!).map((key) => ({ key })),
      terminalWidth(),
    ),
  );
  const heading = `${stage.name}: ${stage.summary}`;
  return [`${fittedLines(heading, terminalWidth())}\n`, ...tables].join('\n');
}
