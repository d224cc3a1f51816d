import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { program, shownPath } from '../../api/opening/calls.js';
import { UserError } from '../../error.js';
import { systemCode, systemError } from '../../files/error.js';
import { makeFolder } from '../../files/make-folder.js';
import { quote } from '../../run/process/command.js';
import { suggestion } from '../../schema/suggest.js';
import { callLines } from '../../text/fitted-lines.js';
import { hasSpikeline, packageArgument, packageFile, testCall } from '../start/project.js';
import { type Template, templateFiles, templates } from '../start/templates.js';
import { exitCodes } from '../terminal/exit-codes.js';
import { print, printText, terminalWidth } from '../terminal/output.js';

/** `init`: a folder that runs. It asks nothing, and leaves what is there as it is. */
export async function initCommand(name: string | undefined, options: { readonly template?: string }): Promise<number> {
  const folder = resolve(name ?? '.');
  const template = chosen(options.template ?? templates[0]!.name);
  if (existsSync(join(folder, template.pipeline)))
    throw new UserError(
      'E_USAGE',
      `There is a ${template.pipeline} already in ${shownPath(folder)}.`,
      `name another folder: ${program} init FOLDER --template ${template.name}`,
    );
  const installed = hasSpikeline(folder);
  const files = new Map(await templateFiles(template));
  if (!installed) files.set('package.json', Buffer.from(packageFile(folder, template.pipeline)));
  const kept: string[] = [];
  for (const [path, bytes] of files) if (!(await writeNew(join(folder, path), bytes))) kept.push(path);
  printText(`${shownPath(folder)}: ${template.summary}\n`, 2);
  for (const line of contents([...files.keys()].filter((path) => !kept.includes(path)))) print(`  ${line}`);
  if (kept.length > 0) print(`\nLeft as they were: ${kept.join(', ')}`);
  print(`\n${nextSteps(folder, template, installed, kept.includes('package.json'))}`);
  return exitCodes.done;
}

function chosen(name: string): Template {
  const names = templates.map((template) => template.name);
  const template = templates.find((one) => one.name === name);
  if (template !== undefined) return template;
  throw new UserError('E_USAGE', `There is no template "${name}".`, suggestion(name, names));
}

/** Writes a file that is not there yet, with the folders above it. @returns false if it is there */
async function writeNew(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    makeFolder(dirname(path));
    await writeFile(path, bytes, { flag: 'wx' });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    const refused = systemError(error, path);
    if (refused === undefined) throw error;
    throw new UserError('E_USAGE', refused.message, `name a writable folder: ${program} init FOLDER`);
  }
}

/** Files as people look for them: folders of many are one line. */
function contents(paths: readonly string[]): readonly string[] {
  const folders = new Map<string, string[]>();
  for (const path of paths) {
    const [top] = path.split('/') as [string];
    folders.set(top, [...(folders.get(top) ?? []), path]);
  }
  return [...folders.values()].flatMap((inside) => {
    const [first] = inside as [string];
    return inside.length < 10 ? inside : [`${first.split('/')[0]}/ (${inside.length} files)`];
  });
}

function nextSteps(folder: string, template: Template, installed: boolean, keptPackage: boolean): string {
  const from = relative(process.cwd(), folder);
  const what = keptPackage ? ` ${quote(packageArgument(folder))}` : '';
  const calls = [
    ...(from === '' ? [] : [[`cd ${quote(from)}`, '']]),
    ...(installed ? [] : [[`npm install${what}`, 'once']]),
    ...template.next.map(([call, what]) => [`${program} ${call}`, what]),
    [testCall, 'tests your own stage'],
  ] as [string, string][];
  return ['Next:', ...callLines(calls, terminalWidth())].join('\n');
}
