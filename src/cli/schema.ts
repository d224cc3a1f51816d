import { generateJsonSchema } from '../pipeline/schema.js';
import { builtInStages } from '../stage/registry.js';
import { exitCodes, print } from './context.js';

/** `schema`: the JSON Schema of pipeline files, for editors. */
export async function schemaCommand(): Promise<number> {
  print(JSON.stringify(generateJsonSchema(await builtInStages()), null, 2));
  return exitCodes.done;
}
