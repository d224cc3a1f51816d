import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { call } from './call.js';
import { Projects } from './consumer.js';

const projects = new Projects();
afterAll(() => projects.remove());

const { folder, installed } = projects.add('npm');
const versions = { '5.9': 'typescript@~5.9.0', '6': 'typescript@~6.0.0' };

/** A stage whose names and kinds the compiler knows, and what it must refuse. */
const inferred = `import { defineStage, Type } from 'spikeline';

export default defineStage({
  name: 'names',
  summary: 'Uses what it declares.',
  parameters: Type.Object({ most: Type.Integer(), note: Type.Optional(Type.String()) }),
  inputs: {
    snn: { description: 'One.' },
    all: { description: 'Many.', list: true },
    more: { description: 'Perhaps.', optional: true },
  },
  outputs: { result: { description: 'Text.', path: 'result.txt' } },
  async run({ parameters, inputs, outputs }) {
    const most: number = parameters.most;
    const paths: string[] = [inputs.snn.path, ...inputs.all.map(({ path }) => path)];
    const more: string | undefined = inputs.more?.path;
    const result: string = outputs.result;
    // @ts-expect-error no such output
    outputs.other;
    // @ts-expect-error no such input
    inputs.none;
    // @ts-expect-error may be missing
    inputs.more.path;
    // @ts-expect-error a list
    inputs.all.path;
    void [most, paths, more, result];
  },
});
`;

/** A program whose compiler knows what each event and each outcome has. */
const typed = `import { loadPipeline, PipelineError, plan, results, run, type Pipeline, type RunEvent, type TaskOutcome, UserError } from 'spikeline';

function about(event: RunEvent): string | number {
  switch (event.event) {
    case 'start':
      return event.tasks.map(({ id, labels }) => [id, labels.k].join()).join();
    case 'task':
      return event.task === 'words' ? event.status : (event.failure?.message ?? event.seconds);
    case 'task-start':
    case 'task-retry':
    case 'task-waiting':
    case 'task-progress':
    case 'task-log':
      return event.task;
    case 'estimate':
      return Object.values(event.seconds).length;
    case 'end':
      return event.ran;
    case 'upload':
      return event.total;
    case 'warning':
      return event.message;
    case 'interrupted':
      return 0;
    default:
      return event satisfies never;
  }
}

function outcome(row: TaskOutcome): string {
  // @ts-expect-error a task that failed has none
  row.outputs;
  return row.state === 'failed' ? row.failure.code : row.state === 'skipped' ? row.task : row.outputs.text?.path ?? row.key;
}

export async function all(signal: AbortSignal): Promise<readonly string[]> {
  const pipeline: Pipeline = await loadPipeline(new URL('p.yaml', 'file:///'), { set: { n: 2, words: ['a'] } });
  for (const row of await plan(pipeline, { force: ['words'] })) {
    if (row.state === 'waiting') void row.on.join();
    else if (row.state !== 'cached') void row.reasons.map(({ code }) => code);
  }
  const { state, tasks } = await run(pipeline, { jobs: 2, signal, onEvent: (event) => void about(event) });
  const done: boolean = state === 'done';
  const digests: string[] = (await results(pipeline)).flatMap(({ outputs }) => Object.values(outputs).map(({ digest }) => digest));
  const error: UserError = new PipelineError('None.', []);
  void [done, digests, error];
  return tasks.map(outcome);
}
`;
const required = `import spikeline = require('spikeline');
export const pipeline: Promise<spikeline.Pipeline> = spikeline.loadPipeline('p.yaml');
`;

/** The examples in TypeScript that the documentation has, and the stage of `init`'s templates. */
function examples(): readonly string[] {
  const docs = join(packageRoot, 'docs');
  const files = existsSync(docs) ? readdirSync(docs, { recursive: true, encoding: 'utf8' }) : [];
  const texts = ['README.md', ...files.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))];
  const shown = texts.flatMap((name) =>
    [...readFileSync(join(packageRoot, name), 'utf8').matchAll(/^```ts\b[^\n]*\n(.*?)^```$/gms)].map(
      ([, code]) => code!,
    ),
  );
  return [...shown, readFileSync(join(packageRoot, 'pipelines/templates/shared/stages/trade-off.ts'), 'utf8')];
}

describe.each(Object.entries(versions))('TypeScript %s', (version, name) => {
  const compiler = join(folder, version);
  mkdirSync(compiler);
  const added = call(
    ['npm', 'install', '--prefix', compiler, '--no-audit', '--no-fund', '--loglevel=error', name, '@types/node@20'],
    folder,
  );

  it('takes stages and examples, and finds no fault with the package’s own types', () => {
    expect([installed.status, added.status, added.stderr]).toEqual([0, 0, '']);
    const sources = [inferred, typed, ...examples()];
    expect(sources.length).toBeGreaterThan(1);
    for (const [at, code] of sources.entries()) writeFileSync(join(folder, `example-${at}.ts`), code);
    writeFileSync(join(folder, 'required.cts'), required);
    const compilerOptions = {
      // All that it says with `skipLibCheck`, and more.
      ...{ skipLibCheck: false, strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      noEmit: true,
      ...{ target: 'es2022', module: 'nodenext', types: ['node'], typeRoots: [join(compiler, 'node_modules/@types')] },
    };
    const config = { compilerOptions, files: [...sources.map((_, at) => `example-${at}.ts`), 'required.cts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const { stdout } = call(
      [process.execPath, join(compiler, 'node_modules/typescript/bin/tsc'), '-p', folder],
      folder,
    );
    expect(stdout).toBe('');
  });
});
