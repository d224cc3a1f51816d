import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { randomFrom } from './random.js';
import { type Rig, withRig } from './rig.js';

const edits = Number(process.env.SPIKELINE_EDITS ?? 300);
/** Every so many edits, a run from nothing is held against the run that reused what it could. */
const cleanEvery = 20;

/** How a stage makes its result of the user's file, its text, and the results of other stages. */
const operations = {
  /** Every change of anything shows. */
  digest: {
    script: (text: string, inputs: readonly string[]) =>
      `{ echo ${text}; cat ${['file', ...inputs].map((name) => `\${{ inputs.${name} }}`).join(' ')}; } | sha256sum > \${{ outputs.out }}`,
    result: (text: string, contents: readonly string[]) =>
      `${createHash('sha256')
        .update(`${text}\n${contents.join('')}`)
        .digest('hex')}  -\n`,
  },
  /** Most changes of inputs leave the result as it is: the wave stops here. */
  count: {
    script: (text: string, inputs: readonly string[]) =>
      `cat ${['file', ...inputs].map((name) => `\${{ inputs.${name} }}`).join(' ')} | wc -l | tr -d ' ' > \${{ outputs.out }}; echo ${text} >> \${{ outputs.out }}`,
    result: (text: string, contents: readonly string[]) => `${contents.join('').split('\n').length - 1}\n${text}\n`,
  },
} as const;

interface Stage {
  readonly name: string;
  readonly operation: keyof typeof operations;
  readonly text: string;
  readonly file: string;
  /** Names of stages that come before. */
  readonly inputs: readonly string[];
}

interface World {
  readonly stages: readonly Stage[];
  readonly files: Readonly<Record<string, string>>;
  /** Changes nothing. */
  readonly comment: string;
}

const texts = ['red', 'green', 'blue'];
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
const contents = ['one\n', 'two\n', 'three\nlines\nhere\n'];

class Editor {
  constructor(readonly random: () => number) {}

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)]!;
  }

  some<T>(list: readonly T[], share: number): T[] {
    return list.filter(() => this.random() < share);
  }

  stage(name: string, before: readonly Stage[]): Stage {
    return {
      name,
      operation: this.pick(['digest', 'count'] as const),
      text: this.pick(texts),
      file: this.pick(['x.txt', 'y.txt']),
      inputs: this.some(before, 0.4).map((stage) => stage.name),
    };
  }

  /** The world after one edit. What refers to a stage that goes or moves behind is mended. */
  edit(world: World): World {
    const { stages, files } = world;
    const at = Math.floor(this.random() * stages.length);
    const change = (part: Partial<Stage>) =>
      sound({ ...world, stages: stages.map((stage, i) => (i === at ? { ...stage, ...part } : stage)) });
    const free = names.filter((name) => !stages.some((stage) => stage.name === name));
    switch (
      this.pick([
        'text',
        'operation',
        'inputs',
        'file',
        'content',
        'touch',
        'comment',
        'add',
        'remove',
        'rename',
        'swap',
      ])
    ) {
      case 'text':
        return change({ text: this.pick(texts) });
      case 'operation':
        return change({ operation: this.pick(['digest', 'count']) });
      case 'inputs':
        return change({ inputs: this.some(stages.slice(0, at), 0.4).map(({ name }) => name) });
      case 'file':
        return change({ file: this.pick(['x.txt', 'y.txt']) });
      case 'content':
        return { ...world, files: { ...files, [this.pick(Object.keys(files))]: this.pick(contents) } };
      case 'comment':
        return { ...world, comment: `# ${this.random()}` };
      case 'add':
        return free.length === 0 ? world : { ...world, stages: [...stages, this.stage(this.pick(free), stages)] };
      case 'remove':
        return stages.length === 1 ? world : sound({ ...world, stages: stages.filter((_, i) => i !== at) });
      case 'rename': {
        const [from, to] = [stages[at]!.name, free.length === 0 ? stages[at]!.name : this.pick(free)];
        const renamed = (name: string) => (name === from ? to : name);
        return {
          ...world,
          stages: stages.map((stage) => ({ ...stage, name: renamed(stage.name), inputs: stage.inputs.map(renamed) })),
        };
      }
      case 'swap':
        return sound({ ...world, stages: [...stages.slice(0, at), ...stages.slice(at + 1), stages[at]!] });
      default:
        // `touch`: files are written again below, with the same bytes.
        return world;
    }
  }
}

/** Without inputs from stages that are not there, or come later. */
function sound(world: World): World {
  const before = new Set<string>();
  const stages = world.stages.map((stage) => {
    const inputs = stage.inputs.filter((name) => before.has(name));
    before.add(stage.name);
    return { ...stage, inputs };
  });
  return { ...world, stages };
}

function write(rig: Rig, { stages, files, comment }: World): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(rig.path(name), content);
  const lines = stages.flatMap(({ name, operation, text, file, inputs }) => [
    `  ${name}:`,
    // Inputs are called by their order, so that a stage that is renamed changes nothing.
    `    run: '${operations[operation]
      .script(
        text,
        inputs.map((_, i) => `in${i}`),
      )
      .replaceAll("'", "''")}'`,
    `    inputs: { file: { file: ${file} }${inputs.map((input, i) => `, in${i}: ${input}`).join('')} }`,
    '    outputs: { out: out.txt }',
  ]);
  writeFileSync(rig.path('p.yaml'), `${comment}\nname: small\nstages:\n${lines.join('\n')}\n`);
}

interface Expected {
  readonly result: string;
  /** What the result depends on, and nothing else: a command sees what its file is called, too. */
  readonly cause: string;
}

function expected({ stages, files }: World): ReadonlyMap<string, Expected> {
  const all = new Map<string, Expected>();
  for (const { name, operation, text, file, inputs } of stages) {
    const contents = [files[file]!, ...inputs.map((input) => all.get(input)!.result)];
    const result = operations[operation].result(text, contents);
    all.set(name, { result, cause: JSON.stringify([operation, text, file, contents]) });
  }
  return all;
}

const treeOf = (results: ReadonlyMap<string, Expected>) =>
  Object.fromEntries(
    [...results].flatMap(([name, { result }]) => [
      [`${name}/`, ''],
      [`${name}/out.txt`, result],
    ]),
  );

describe('random edits of a pipeline', () => {
  it(`after each of ${edits}, a run ends as one from nothing, and runs nothing that it need not`, {
    timeout: edits * 5_000,
  }, async () => {
    await withRig(
      async (rig) => {
        const editor = new Editor(randomFrom('edits'));
        let world: World = { stages: [], files: { 'x.txt': contents[0]!, 'y.txt': contents[1]! }, comment: '' };
        for (const name of ['a', 'b', 'c', 'd', 'e'])
          world = { ...world, stages: [...world.stages, editor.stage(name, world.stages)] };
        const history: World[] = [];
        const made = new Set<string>();
        let [ran, cached] = [0, 0];
        for (let edit = 0; edit < edits; edit++) {
          // Now and then somebody goes back to what was: all of it is there.
          world = editor.random() < 0.05 && history.length > 0 ? editor.pick(history) : editor.edit(world);
          history.push(world);
          write(rig, world);
          const wanted = expected(world);
          const outcomes = await rig.runHere();
          for (const [name, { cause }] of wanted) {
            expect(outcomes[name], `edit ${edit}: ${name}`).toBe(made.has(cause) ? 'cached' : 'ran');
            made.add(cause);
            if (outcomes[name] === 'ran') ran++;
            else cached++;
          }
          expect(rig.tree(), `edit ${edit}`).toMatchObject(treeOf(wanted));
          if (edit % cleanEvery > 0) continue;
          await withRig(async (clean) => {
            write(clean, world);
            await clean.runHere();
            expect(clean.tree()).toEqual(treeOf(wanted));
          });
        }
        // Both must have happened often for this to mean something.
        expect(ran).toBeGreaterThan(edits / 4);
        expect(cached).toBeGreaterThan(edits);
        rmSync(rig.path('artifacts'), { recursive: true });
      },
      { files: {}, tasks: [] },
    );
  });
});
