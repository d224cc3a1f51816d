import { parseDocument } from 'yaml';
import type { Json } from './task.js';

/** `name=value`, the value as in YAML; undefined if it is not that. */
export function readSetting(pair: string): { readonly name: string; readonly value: Json } | undefined {
  const [, name, text] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
  if (name === undefined || text === undefined) return undefined;
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  try {
    return { name, value: document.toJS() as Json };
  } catch {
    // An alias: there is nothing that it could stand for.
    return undefined;
  }
}
