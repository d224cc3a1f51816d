import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { call, Published } from './consumer.js';

const published = new Published();
afterAll(() => published.remove());

const { folder, installed } = published.project('npm');
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

/** The examples in TypeScript that the documentation has. */
function examples(): readonly string[] {
  const docs = join(packageRoot, 'docs');
  const files = existsSync(docs) ? readdirSync(docs, { recursive: true, encoding: 'utf8' }) : [];
  const texts = ['README.md', ...files.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))];
  return texts.flatMap((name) =>
    [...readFileSync(join(packageRoot, name), 'utf8').matchAll(/^```ts\b[^\n]*\n(.*?)^```$/gms)].map(
      ([, code]) => code!,
    ),
  );
}

describe.each(Object.entries(versions))('TypeScript %s', (version, name) => {
  const compiler = join(folder, version);
  mkdirSync(compiler);
  const added = call(
    ['npm', 'install', '--prefix', compiler, '--no-audit', '--no-fund', '--loglevel=error', name, '@types/node@20'],
    folder,
  );

  it.each([true, false])('takes stages and examples, skipLibCheck %s', (skipLibCheck) => {
    expect([installed.status, added.status, added.stderr]).toEqual([0, 0, '']);
    const sources = [inferred, ...examples()];
    expect(sources.length).toBeGreaterThan(1);
    for (const [at, code] of sources.entries()) writeFileSync(join(folder, `example-${at}.ts`), code);
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true, skipLibCheck },
      ...{ target: 'es2022', module: 'nodenext', types: ['node'], typeRoots: [join(compiler, 'node_modules/@types')] },
    };
    const config = { compilerOptions, files: sources.map((_, at) => `example-${at}.ts`) };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const { stdout } = call(
      [process.execPath, join(compiler, 'node_modules/typescript/bin/tsc'), '-p', folder],
      folder,
    );
    expect(stdout).toBe('');
  });
});
