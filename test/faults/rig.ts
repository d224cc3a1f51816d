import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect } from 'vitest';
import { digestBytes, hexOf } from '../../src/files/digest.js';
import { loadPipeline } from '../../src/pipeline/load.js';
import { LocalExecutor } from '../../src/run/local/executor.js';
import { describeStage } from '../../src/stage/describe.js';
import { filesBelow } from '../../src/store/listing.js';
import { Store } from '../../src/store/store.js';
import type { TaskRecord } from '../../src/store/types.js';
import type { TaskId } from '../../src/values.js';
import { ownMistake, type Result, Sandbox } from '../e2e/program.js';
import { type Example, smallPipeline } from './pipeline.js';

/** All that is to be equal to a clean run: what people see, and what the store says. */
export interface Snapshot {
  /** Path → content in the readable tree; folders by a slash at the end, executable files by a star. */
  readonly tree: Readonly<Record<string, string>>;
  /** Task → outputs (with their digests) and metrics of its newest record. */
  readonly results: Readonly<Record<string, unknown>>;
}

/** A sandbox with the small pipeline. */
export class Rig extends Sandbox {
  constructor(readonly example: Example = smallPipeline) {
    super();
    for (const [name, text] of Object.entries(example.files)) this.write(name, text);
  }

  /** Runs the real program to its end, which must be a good one; returns what is there then, with `show --json`. */
  async finish(): Promise<Snapshot & { readonly show: string }> {
    const { code, out, err } = await this.run(['run', 'p.yaml', '--reporter', 'plain']);
    expect({ code, err }, out).toEqual({ code: 0, err: '' });
    const show = await this.run(['show', 'p.yaml', '--json']);
    expect(show.code).toBe(0);
    return { ...this.snapshot(), show: show.out };
  }

  /** The same in this process, with a newly opened store: faster. Returns what became of each task. */
  async runHere(): Promise<Record<string, string>> {
    const { pipeline } = await loadPipeline(this.path('p.yaml'), { resolveStage: describeStage });
    const outcomes: Record<string, string> = {};
    const run = new LocalExecutor(pipeline!, Store.open(this.path('artifacts')), {
      tasks: pipeline!.tasks,
      force: new Set(),
      keepGoing: false,
      jobs: 2,
      emit: (event) => {
        if (event.event === 'task') outcomes[event.task] = event.failure?.message ?? event.status;
      },
    });
    await run.start();
    return outcomes;
  }

  snapshot(): Snapshot {
    return { tree: this.tree(), results: this.#results() };
  }

  /** The readable tree as it is, even in the middle of a run. */
  tree(): Record<string, string> {
    return readTree(this.path('artifacts/small'));
  }

  /** All blobs hold what their names say, and nothing had to be set aside. */
  expectNoneBad(): void {
    expect(existsSync(this.path('artifacts/store/quarantine'))).toBe(false);
    for (const path of this.stored('blobs'))
      expect(basename(dirname(path)) + basename(path)).toBe(hexOf(digestBytes(readFileSync(this.path(path)))));
  }

  /** What a disturbed run leaves behind is a part of the whole, and no blob or record of it is bad. */
  expectPartOf(whole: Snapshot): void {
    this.expectNoneBad();
    if (existsSync(this.path('artifacts/small'))) expect(whole.tree).toMatchObject(this.tree());
  }

  /** Blobs or records: paths below the sandbox, sorted. */
  stored(kind: 'blobs' | 'records'): string[] {
    return filesBelow(this.path(`artifacts/store/${kind}`)).map((path) => path.slice(this.folder.length + 1));
  }

  #results(): Record<string, unknown> {
    const store = Store.open(this.path('artifacts'));
    return Object.fromEntries(
      this.example.tasks.map((task) => {
        const key = store.published('small').latestKey(task as TaskId);
        const file = this.path(`artifacts/store/records/${key?.slice(0, 2)}/${key}.json`);
        const { outputs, metrics } = (JSON.parse(readFileSync(file, 'utf8')) as { record: TaskRecord }).record;
        return [task, { outputs, metrics }];
      }),
    );
  }
}

/**
 * Variables that have a call of the program fail that changes something below a folder: see the shim.
 *
 * @param fault such as `KILL 17`
 * @param calls the file that tells how many calls there were
 */
export function failing(folder: string, fault: string, calls: string): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--require ${join(import.meta.dirname, 'failing-fs.cjs')}`,
    SPIKELINE_FAULT: fault,
    SPIKELINE_STORE: folder,
    SPIKELINE_CALLS: calls,
  };
}

/** A fault that never comes. */
export const noFault = `KILL ${Number.MAX_SAFE_INTEGER}`;

export function readTree(top: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(top, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(top.length + 1);
    if (name.startsWith('.')) continue;
    if (entry.isDirectory()) found[`${name}/`] = '';
    else {
      const star = entry.isFile() && (lstatSync(path).mode & 0o100) !== 0 ? '*' : '';
      found[name + star] = readFileSync(path, 'utf8');
    }
  }
  return found;
}

/** Gives a rig for the time of an action. */
export async function withRig<T>(action: (rig: Rig) => Promise<T>, example?: Example): Promise<T> {
  const rig = new Rig(example);
  try {
    return await action(rig);
  } finally {
    await rig.remove();
  }
}

let clean: ReturnType<Rig['finish']> | undefined;

/** What an undisturbed run ends with. */
export function cleanRun(): ReturnType<Rig['finish']> {
  clean ??= withRig((rig) => rig.finish());
  return clean;
}

/** A failure of the machine's, as it has to look: words and a code of 1, no stack trace. It may also have been borne. */
export function expectBorneOrTold({ code, out, err }: Result): void {
  const text = out + err;
  expect(text).not.toMatch(/^\s+at .*[:(]\d+/m);
  expect(text).not.toMatch(ownMistake);
  expect([0, 1], text).toContain(code);
  if (code === 1)
    expect(text).toMatch(/There is no space left|The device failed|There is no permission|E_STORE_|E_COMMAND/);
}
