import { pipelineError } from '../../api/opening/pipeline.js';
import { readDeclared } from '../../pipeline/declared.js';
import { generateJsonSchema } from '../../pipeline/json-schema.js';
import { describeStage } from '../../stage/describe.js';
import { builtInStages } from '../../stage/registry.js';
import { jsonText } from '../../text/printable.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print } from '../terminal/output.js';

/** `schema`: the JSON Schema of pipeline files, for editors; with the names of one file, if one is named. */
export async function schemaCommand(file: string | undefined): Promise<number> {
  const stages = await builtInStages();
  if (file === undefined) {
    print(jsonText(generateJsonSchema(stages), 2));
    return exitCodes.done;
  }
  const { names, diagnostics, textOf } = await readDeclared(file, describeStage);
  if (names === undefined) throw pipelineError(diagnostics, file, textOf);
  print(jsonText(generateJsonSchema(stages, names), 2));
  return exitCodes.done;
}
