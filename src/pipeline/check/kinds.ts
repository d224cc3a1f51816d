import type { OutputDeclaration, StageDefinition } from '../../stage/definition.js';
import { type ArtifactKind, kindWords } from '../../stage/kinds.js';
import { isUserStage } from '../../stage/registry.js';
import type { Path } from '../../values.js';
import { hinted, type Reporter } from '../text/reporter.js';

/** What is known of a stage that makes something. */
export interface Maker {
  readonly uses: string;
  readonly definition: StageDefinition;
}

/** An output as an input names it. */
interface Named {
  readonly stage: string;
  readonly output: string;
}

/**
 * Reports an output that is nothing which an input takes, as far as stages declare it. Commands may make anything, and so may
 * outputs of the user's stages that say nothing of their kind.
 */
export function checkKind(
  input: { readonly name: string; readonly kind: ArtifactKind },
  { stage, output }: Named,
  makers: ReadonlyMap<string, Maker>,
  { path, reporter }: { readonly path: Path; readonly reporter: Reporter },
): void {
  const maker = makers.get(stage);
  const made = maker?.definition.outputs[output];
  if (maker === undefined || made === undefined || made.kind === input.kind) return;
  if (made.kind === undefined && isUserStage(maker.uses)) return;
  const is = made.kind === undefined ? 'no such thing' : kindWords(made.kind);
  const message = `The input "${input.name}" takes ${kindWords(input.kind)}, and the output "${output}" of "${stage}" is ${is}`;
  const better = nameOf(input.kind, stage, makers);
  reporter.error('E_INPUT_KIND', message, { path }, hinted(better && `did you mean "${better}"?`));
}

/** What has an output of a kind: the stage that was named, or else the only one. */
function nameOf(kind: ArtifactKind, stage: string, makers: ReadonlyMap<string, Maker>): string | undefined {
  const names = [...makers].flatMap(([name, { definition }]) => {
    const outputs = Object.entries<OutputDeclaration>(definition.outputs);
    const at = outputs.findIndex(([, output]) => output.kind === kind);
    return at < 0 ? [] : [{ name, shown: at === 0 ? name : `${name}.${outputs[at]![0]}` }];
  });
  const [only, second] = names;
  return names.find(({ name }) => name === stage)?.shown ?? (second === undefined ? only?.shown : undefined);
}
