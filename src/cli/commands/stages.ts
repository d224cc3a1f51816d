import type { TSchema } from '@sinclair/typebox';
import { program } from '../../api/opening/calls.js';
import { UserError } from '../../error.js';
import { suggestion } from '../../schema/suggest.js';
import type { StageDefinition } from '../../stage/definition.js';
import { builtInStage, builtInStageNames, builtInStages } from '../../stage/registry.js';
import { type Cell, renderTable } from '../../text/table.js';
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
  const required = new Set((stage.parameters as { required?: string[] }).required ?? []);
  const parameters = Object.entries(stage.parameters.properties).map(([name, schema]): Record<string, Cell> => {
    const standard = (schema as { default?: unknown }).default;
    return {
      parameter: name,
      type: typeOf(schema),
      default: standard === undefined ? (required.has(name) ? 'required' : '–') : JSON.stringify(standard),
      meaning: schema.description ?? '',
    };
  });
  const inputs = Object.entries(stage.inputs).map(([input, { description, optional, list }]) => ({
    input,
    kind: [optional ? 'optional' : 'required', ...(list ? ['list'] : [])].join(', '),
    meaning: description,
  }));
  const outputs = Object.entries(stage.outputs).map(([output, { path, kind = '–', description }], i) => ({
    output: i === 0 ? `${output} (default)` : output,
    path,
    kind,
    meaning: description,
  }));
  const columns = (stage.columns ?? []).map(({ title, metric, minus, format = 'plain' }) => ({
    column: title,
    shows: minus === undefined ? metric : `${metric} − ${minus}`,
    format,
  }));
  const table = (rows: readonly Record<string, Cell>[]) =>
    rows.length === 0
      ? []
      : [
          renderTable(
            rows,
            Object.keys(rows[0]!).map((key) => ({ key })),
            'text',
          ),
        ];
  return [
    `${stage.name}: ${stage.summary}\n`,
    ...table(parameters),
    ...table(inputs),
    ...table(outputs),
    ...table(columns),
  ].join('\n');
}

function typeOf(schema: TSchema): string {
  const {
    anyOf,
    const: only,
    type,
    items,
  } = schema as { anyOf?: TSchema[]; const?: unknown; type?: string; items?: TSchema };
  if (anyOf) return anyOf.map(typeOf).join(' | ');
  if (only !== undefined) return String(only);
  if (type === 'array' && items) return `list of ${typeOf(items)}`;
  return type === 'object' ? 'map' : (type ?? 'any');
}
