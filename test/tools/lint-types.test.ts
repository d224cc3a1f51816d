import typescript from 'typescript';
import { expect, it } from 'vitest';
import { types } from '../../src/tools/lint-types.mjs';

/** What the rule says of each file of a program, in the order in which ESLint comes to them. */
function reports(files: Readonly<Record<string, string>>, options: typescript.CompilerOptions = {}) {
  const parsed = Object.entries(files).map(
    ([name, text]) => [name, typescript.createSourceFile(name, text, typescript.ScriptTarget.ES2022, true)] as const,
  );
  const sources = new Map(parsed);
  const program = typescript.createProgram(
    [...sources.keys()],
    { noLib: true, types: [], noEmit: true, ...options },
    {
      ...typescript.createCompilerHost(options),
      getSourceFile: (name) => sources.get(name),
      fileExists: (name) => sources.has(name),
    },
  );
  return [...sources].map(([name, file]) => {
    const found: unknown[] = [];
    const context = {
      sourceCode: { parserServices: { program, esTreeNodeToTSNodeMap: new Map([[file, file]]) } },
      report: ({ loc, data }: { loc: { line: number; column: number }; data: { text: string } }) =>
        found.push([loc.line, loc.column, data.text]),
    };
    (types.create(context as never) as unknown as { Program(node: unknown): void }).Program(file);
    return [name, found];
  });
}

/** The least that the compiler knows of the language. */
const language = ['Array<T>', 'Boolean', 'CallableFunction', 'Function', 'IArguments', 'NewableFunction', 'Number']
  .concat('Object', 'RegExp', 'String')
  .map((name) => `interface ${name} {}\n`)
  .join('');

it('tells the errors of the compiler where they are', () => {
  expect(
    reports({
      'language.ts': language,
      'right.ts': 'const one: number = 1;\n',
      'wrong.ts': '\nconst two: { a: string } = { a: one };\n',
      'unfinished.ts': 'const three = (;\n',
    }),
  ).toEqual([
    ['language.ts', []],
    ['right.ts', []],
    ['wrong.ts', [[2, 29, "Type 'number' is not assignable to type 'string'. (TS2322)"]]],
    ['unfinished.ts', [[1, 15, 'Expression expected. (TS1109)']]],
  ]);
});

it('tells once what is wrong with the settings and with what all files share', () => {
  const [first, ...others] = reports(
    { 'a.ts': 'export {};\n', 'b.ts': 'export {};\n' },
    { checkJs: true, allowJs: false },
  );
  expect(JSON.stringify(first)).toContain("Option 'checkJs' cannot be specified without specifying option 'allowJs'");
  expect(JSON.stringify(first)).toContain("Cannot find global type 'Array'");
  expect(others).toEqual([['b.ts', []]]);
});
