import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { UserError } from '../error.js';

export const Count = Type.Number({ minimum: 0 });

/** A result as its file has it: a field a line, and a list of numbers, such as the row of a matrix, on one. */
export function resultText(result: object): string {
  const text = JSON.stringify(result, null, 2);
  // With a line break, so that it is a list: no text in JSON has one.
  const lists = /\[\n[\s\d.,eE+\-nul]*\]/g;
  return `${text.replaceAll(lists, (list) => JSON.stringify(JSON.parse(list)).replaceAll(',', ', '))}\n`;
}

/**
 * Reads a result: the fields of the schema must be there, others may be.
 *
 * @param stage that makes such results, and `file` its place: both are for people
 * @throws {UserError} E_PLOT_INPUT
 */
export function parseResult<S extends TSchema>(text: string, schema: S, stage: string, file: string): Static<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError('E_PLOT_INPUT', `${file} is not JSON, and so not a result of ${stage}.`);
  }
  if (Value.Check(schema, value)) return value;
  const error = Value.Errors(schema, value).First();
  throw new UserError(
    'E_PLOT_INPUT',
    `${file} is not a result of ${stage}: "${error?.path.slice(1) ?? ''}" is missing or wrong.`,
  );
}

/** The fields of a result that are plain numbers, in its order. */
export function numbersOf(result: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(result).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}
