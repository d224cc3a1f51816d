import { UserError } from '../../error.js';
import { tellOfReading } from '../../files/reading.js';
import { PlainView } from '../../run/views/plain.js';
import type { View } from '../../run/views/view.js';
import { isTerminal, print } from '../terminal/output.js';

const reporters = ['auto', 'plain', 'json'];

export function checkReporter(reporter = 'auto'): string {
  if (reporters.includes(reporter)) return reporter;
  throw new UserError('E_USAGE', `There is no reporter "${reporter}".`, `known: ${reporters.join(', ')}`);
}

export async function openView(reporter: string) {
  // It tells of everything itself, and lines of others would fall into what it draws.
  tellOfReading();
  const write = (line: string) => print(line);
  if (reporter === 'json') return new (await import('../../run/views/json.js')).JsonView(write);
  if (reporter === 'auto' && isTerminal()) return new (await import('../../run/views/listr.js')).ListrView();
  return new PlainView(write);
}

/** What comes of work that a view shows, which is closed however that ends. */
export async function shownBy<T>(view: View, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } finally {
    await view.close();
  }
}
