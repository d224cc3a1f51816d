import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheFolder } from '../../src/data/locations.js';
import { buildFolder, packageRoot } from '../../src/paths.js';
import { Sandbox } from '../e2e/program.js';
import type { Block, Page } from './markdown.js';

/** What is wrong with an example: the text of a test's failure. */
export type Problem = string | undefined;

/** A project in which the blocks of one page are carried out in their order, as a reader would. */
export class PageFolder {
  readonly #box = new Sandbox();
  /** Pipeline files and fragments that are still to be checked, with the places that they stand at. */
  readonly #unchecked = new Map<string, string>();

  constructor(page: Page) {
    const box = this.#box;
    box.write('package.json', '{ "name": "example", "private": true, "type": "module" }\n');
    box.write('bin/npx', `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(buildFolder, 'cli.cjs')}" "$@"\n`);
    chmodSync(box.path('bin/npx'), 0o755);
    mkdirSync(box.path('node_modules'));
    symlinkSync(packageRoot, box.path('node_modules/spikeline'));
    if (page.blocks.some(({ text }) => text.includes('pipelines/'))) this.#addPipelines();
    this.#addCompiled();
  }

  /** What is compiled for this machine, and known of V8's flags: each home would have it made anew. */
  #addCompiled(): void {
    for (const place of ['compiler', `native-${process.getuid?.()}`]) {
      const [from, to] = [join(cacheFolder(), place), this.#box.path(`.cache/spikeline/${place}`)];
      // Others may be writing there: what is not whole has another name.
      const names = existsSync(from)
        ? readdirSync(from).filter((name) => /-[0-9a-f]{16}\.(node|json)$/.test(name))
        : [];
      if (names.length > 0) mkdirSync(to, { recursive: true });
      for (const name of names) copyFileSync(join(from, name), join(to, name));
    }
  }

  /** Copies, because results belong to the project of a file. */
  #addPipelines(): void {
    const [from, to] = [join(packageRoot, 'pipelines'), this.#box.path('pipelines')];
    mkdirSync(join(to, 'parts'), { recursive: true });
    for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' }))
      if (/^(parts.)?[^/\\]+\.yaml$/.test(name)) copyFileSync(join(from, name), join(to, name));
    symlinkSync(join(from, 'data'), join(to, 'data'));
  }

  remove(): Promise<void> {
    return this.#box.remove();
  }

  /** Does what a block says. */
  async carryOut(block: Block): Promise<Problem> {
    const { language, words, text, place } = block;
    if (words.skip !== undefined) return undefined;
    // What a program makes that is not there to run.
    if (words.given !== undefined) {
      cpSync(join(packageRoot, 'test/docs/given', words.given), this.#box.folder, { recursive: true });
      return undefined;
    }
    if (language === 'sh') return this.#run(text, words, place);
    if (language === 'console') return this.#session(block);
    if (words.file !== undefined) this.#box.write(words.file, text);
    if (language !== 'yaml' || words.workflow !== undefined || words.file?.startsWith('.')) return undefined;
    const name = words.file ?? `block-${place.replace(/\W/g, '-')}.yaml`;
    if (words.file === undefined) this.#box.write(name, words.extends === undefined ? text : fragment(block));
    this.#unchecked.set(name, place);
    return undefined;
  }

  /** Pipeline files and fragments of the page, as `validate` sees them. */
  async validate(): Promise<Problem> {
    if (this.#unchecked.size === 0) return undefined;
    const { code, output } = await this.#shell(`npx spikeline validate ${[...this.#unchecked.keys()].join(' ')}`);
    return code === 0 ? undefined : `${output}\n${[...this.#unchecked].map((pair) => pair.join(': ')).join('\n')}`;
  }

  async #run(script: string, words: Block['words'], place: string): Promise<Problem> {
    const { code, output } = await this.#shell(script);
    const expected = Number(words.exit ?? 0);
    return code === expected ? undefined : `${place}: exit code ${code}, not ${expected}\n${script}\n${output}`;
  }

  /** Commands after `$ `, and below each what it prints: `…` stands for anything, also for several lines. */
  async #session({ text, words, place }: Block): Promise<Problem> {
    const parts = text.split(/^\$ /m).slice(1);
    for (const [i, part] of parts.entries()) {
      const [, command, shown] = /^((?:[^\n]*\\\n)*[^\n]*)\n(.*)$/s.exec(part)!;
      const { code, output } = await this.#shell(command!);
      const expected = i === parts.length - 1 ? Number(words.exit ?? 0) : 0;
      if (code !== expected) return `${place}: exit code ${code}, not ${expected}\n${command}\n${output}`;
      if (shown!.trim() !== '' && !pattern(shown!).test(output))
        return `${place}: it shows\n${shown}\nand is\n${output}`;
    }
    return undefined;
  }

  #shell(script: string): Promise<{ code: number | null; output: string }> {
    const child = spawn('bash', ['-e', '-c', script], {
      cwd: this.#box.folder,
      env: {
        ...process.env,
        PATH: [this.#box.path('bin'), process.env.PATH].join(delimiter),
        HOME: this.#box.folder,
        // What was found out about Node and the engine once needn't be for each page.
        SPIKELINE_CACHE: cacheFolder(),
        XDG_CONFIG_HOME: this.#box.path('.config'),
        GITHUB_ACTIONS: '',
        CI: 'true',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += String(chunk);
      });
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
  }
}

/** A part of a pipeline file, made whole by the file that it extends. */
function fragment({ words, text }: Block): string {
  const body = words.under === undefined ? text : `${words.under}:\n${text.replaceAll(/^(?=.)/gm, '  ')}`;
  return `name: fragment\nextends: [${words.extends}]\n${body}`;
}

/** What is shown as a pattern: times and the widths of columns may be others. */
function pattern(shown: string): RegExp {
  const lines = shown.trimEnd().split('\n').map(linePattern);
  return new RegExp(`^${lines.join('')}`, 'm');
}

function linePattern(line: string): string {
  if (line.trim() === '…') return '(?:.*\\n)*?';
  const text = line
    .trimEnd()
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/ +/g, ' +')
    .replaceAll(/─+/g, '─+')
    .replaceAll(/\d+(?:\\\.\d+)? \+s\b/g, '[\\d.]+ s')
    .replaceAll('…', '.*');
  return `${text} *\\n`;
}
