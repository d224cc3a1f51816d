// The compiler's own errors, as a rule of ESLint's. Rules that look at types have the compiler find nearly all of them: told
// by the same program, its errors cost next to nothing, and `npm run typecheck` finds all types once more.
import typescript from 'typescript';

/** Programs whose settings have been looked at. */
const begun = new WeakSet();

/** What is wrong with the settings, or with what all files share. */
function ofAllFiles(program) {
  if (begun.has(program)) return [];
  begun.add(program);
  return [
    ...program.getConfigFileParsingDiagnostics(),
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
  ];
}

/** @type {import('eslint').Rule.RuleModule} */
export const types = {
  meta: { type: 'problem', schema: [], messages: { error: '{{ text }}' } },
  create: (context) => ({
    Program(node) {
      const { program, esTreeNodeToTSNodeMap } = context.sourceCode.parserServices;
      const file = esTreeNodeToTSNodeMap.get(node);
      const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
      for (const { file: where, start, messageText, code } of [...ofAllFiles(program), ...found]) {
        const { line, character } = file.getLineAndCharacterOfPosition(where === file ? start : 0);
        const elsewhere = where === undefined || where === file ? '' : `${where.fileName}: `;
        const text = `${elsewhere}${typescript.flattenDiagnosticMessageText(messageText, '\n')} (TS${code})`;
        context.report({ loc: { line: line + 1, column: character }, messageId: 'error', data: { text } });
      }
    },
  }),
};
